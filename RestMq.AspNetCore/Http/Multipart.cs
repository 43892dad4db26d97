using System.Text;
using System.Text.Unicode;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace RestMq.Http;

/// <summary><c>multipart/form-data</c>, by the framework's reader, with the parts kept as bytes: <c>curl -F 'value=@photo.png'</c> sends the photo.</summary>
internal static class Multipart
{
    /// <exception cref="FormatException">It is no multipart form, or a part without a type is no UTF-8.</exception>
    public static async Task SplitAsync(byte[] body, string contentType, List<Fields.Field> fields, CancellationToken cancellationToken)
    {
        if (!MediaTypeHeaderValue.TryParse(contentType, out var media) || HeaderUtilities.RemoveQuotes(media.Boundary) is not { Length: > 0 and <= 70 } boundary)
            throw new FormatException("A multipart form names its boundary, of at most 70 characters, in its Content-Type.");
        try
        {
            var reader = new MultipartReader(boundary.ToString(), new MemoryStream(body));
            while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
            {
                Fields.CheckCount(fields);
                if (section.GetContentDispositionHeader() is not { } disposition) continue;
                var name = HeaderUtilities.RemoveQuotes(disposition.Name).ToString();
                using var value = new MemoryStream();
                await section.Body.CopyToAsync(value, cancellationToken);
                var bytes = value.ToArray();
                if (section.ContentType is null && !Utf8.IsValid(bytes))
                    throw new FormatException($"The part '{name}' holds bytes that are not UTF-8 and has no Content-Type.");
                fields.Add(new Fields.Field(Encoding.UTF8.GetBytes(name), bytes, section.ContentType));
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new FormatException($"The body is not the multipart form that its Content-Type says: {e.Message}");
        }
    }
}
