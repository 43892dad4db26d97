using Microsoft.AspNetCore.Http.Metadata;

namespace RestMq;

/// <summary>
/// What a route does, takes and answers, as metadata of its endpoint: every endpoint of <c>MapRestMq()</c> carries one, for a host to make its
/// OpenAPI document of. The handlers read their requests themselves, so no generator could find this out.
/// </summary>
/// <param name="Name">
/// A name for the operation, such as <c>takeMessage</c>; under a prefix <c>/mq</c> it is <c>mqTakeMessage</c>, so that it is unique however many times the
/// routes are mapped, and stays what it is when they are mapped once more.
/// </param>
/// <param name="Summary">What it does, in a sentence.</param>
/// <param name="Tag">The family it belongs to.</param>
public sealed record RestMqOperation(string Name, string Summary, string Tag) : IEndpointSummaryMetadata, ITagsMetadata
{
    /// <summary>What it reads of the path, the query and the headers.</summary>
    public IReadOnlyList<RestMqParameter> Parameters { get; init; } = [];

    /// <summary>The fields of a form that it takes in the body, each of which it takes in the query too; none when it takes no form.</summary>
    public IReadOnlyList<RestMqParameter> Form { get; init; } = [];

    /// <summary>Other bodies that it takes, by content type, with an example of each.</summary>
    public IReadOnlyDictionary<string, string> Bodies { get; init; } = new Dictionary<string, string>();

    /// <summary>What it answers, in order of status.</summary>
    public IReadOnlyList<RestMqReply> Replies { get; init; } = [];

    IReadOnlyList<string> ITagsMetadata.Tags => [Tag];

    /// <summary>The same operation of routes under a prefix.</summary>
    internal RestMqOperation Under(string prefix)
    {
        var words = new string([.. prefix.Select(c => char.IsAsciiLetterOrDigit(c) ? c : ' ')]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 0 ? this : this with { Name = words[0] + string.Concat(words[1..].Append(Name).Select(word => char.ToUpperInvariant(word[0]) + word[1..])) };
    }
}

/// <summary>One thing that a request says.</summary>
/// <param name="Name">Its name.</param>
/// <param name="In">Where it stands: <c>path</c>, <c>query</c>, <c>header</c> or <c>form</c>.</param>
/// <param name="Type">What it is in JSON's terms: <c>string</c>, <c>number</c> or <c>integer</c>.</param>
/// <param name="Description">What it says, with unit and range.</param>
/// <param name="IsRequired">Whether it must be there.</param>
public sealed record RestMqParameter(string Name, string In, string Type, string Description, bool IsRequired = false);

/// <summary>One answer of a route.</summary>
/// <param name="Status">The status.</param>
/// <param name="Description">When it comes.</param>
/// <param name="ContentType">What it is; null when it has no body.</param>
/// <param name="Example">An example of it; null where none would help.</param>
public sealed record RestMqReply(int Status, string Description, string? ContentType = null, string? Example = null);
