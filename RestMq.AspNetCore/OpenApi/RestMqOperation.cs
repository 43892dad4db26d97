using Microsoft.AspNetCore.Http.Metadata;

namespace RestMq;

/// <summary>
/// Describes what a route does, takes and replies. Every endpoint of <c>MapRestMq()</c> has one as metadata, from which
/// a host can make its OpenAPI document. The handlers read their requests themselves, so no generator can infer it.
/// </summary>
/// <param name="Name">
/// The operation's name, such as <c>takeMessage</c>. Under the prefix <c>/mq</c> it is <c>mqTakeMessage</c>, so that
/// names stay unique when the routes are mapped several times. Mapping the routes again does not change existing names.
/// </param>
/// <param name="Summary">The operation's purpose, in a sentence.</param>
/// <param name="Tag">The route family of the operation.</param>
public sealed record RestMqOperation(string Name, string Summary, string Tag) : IEndpointSummaryMetadata, ITagsMetadata
{
    /// <summary>Gets the parameters in the path, the query and the headers.</summary>
    public IReadOnlyList<RestMqParameter> Parameters { get; init; } = [];

    /// <summary>
    /// Gets the fields of a form in the body; empty when the operation takes no form. The query may hold the same
    /// fields.
    /// </summary>
    public IReadOnlyList<RestMqParameter> Form { get; init; } = [];

    /// <summary>Gets the other bodies that the operation takes: an example by content type.</summary>
    public IReadOnlyDictionary<string, string> Bodies { get; init; } = new Dictionary<string, string>();

    /// <summary>Gets the replies, in order of status.</summary>
    public IReadOnlyList<RestMqReply> Replies { get; init; } = [];

    IReadOnlyList<string> ITagsMetadata.Tags => [Tag];

    /// <summary>Returns the operation with the name that it has by another method than GET.</summary>
    internal RestMqOperation By(string method) =>
        this with { Name = $"{method.ToLowerInvariant()}{char.ToUpperInvariant(Name[0])}{Name[1..]}" };

    /// <summary>Returns the operation with the name that it has under a prefix.</summary>
    internal RestMqOperation Under(string prefix)
    {
        var words = new string([.. prefix.Select(c => char.IsAsciiLetterOrDigit(c) ? c : ' ')]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 0 ? this : this with { Name = words[0] + string.Concat(words[1..].Append(Name).Select(word => char.ToUpperInvariant(word[0]) + word[1..])) };
    }
}

/// <summary>Describes one parameter of a request.</summary>
/// <param name="Name">The parameter's name.</param>
/// <param name="In">The parameter's location: <c>path</c>, <c>query</c>, <c>header</c> or <c>form</c>.</param>
/// <param name="Type">The parameter's JSON type: <c>string</c>, <c>number</c> or <c>integer</c>.</param>
/// <param name="Description">The parameter's meaning, with unit and range.</param>
/// <param name="IsRequired">Whether the parameter is required.</param>
public sealed record RestMqParameter(string Name, string In, string Type, string Description, bool IsRequired = false);

/// <summary>Describes one reply of a route.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Description">The condition of the reply, or its content.</param>
/// <param name="ContentType">The content type; null when the reply has no body.</param>
/// <param name="Example">An example of the body; null when there is none.</param>
public sealed record RestMqReply(int Status, string Description, string? ContentType = null, string? Example = null);
