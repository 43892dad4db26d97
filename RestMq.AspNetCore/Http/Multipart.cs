using System.Text;
using System.Text.Unicode;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using RestMq.Wire;

namespace RestMq.Http;

/// <summary>
/// Reads <c>multipart/form-data</c> with the framework's reader and keeps the parts as bytes, so that
/// <c>curl -F 'value=@photo.png'</c> adds the photo unchanged.
/// </summary>
internal static class Multipart
{
    /// <exception cref="FormatException">
    /// The body is not a multipart form, or a part without a content type is not UTF-8.
    /// </exception>
    public static async Task SplitAsync(byte[] body, string contentType, List<Fields.Field> fields, CancellationToken cancellationToken)
    {
        if (!MediaTypeHeaderValue.TryParse(contentType, out var media) || HeaderUtilities.RemoveQuotes(media.Boundary) is not { Length: > 0 and <= 70 } boundary)
        {
            throw new FormatException(
                "A multipart form must name its boundary, of 1 to 70 characters, in its Content-Type, "
                + $"but the Content-Type was '{WireNames.Shorten(contentType)}'.");
        }
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
                {
                    throw new FormatException(
                        $"The part '{WireNames.Shorten(name)}' must be UTF-8 or have a Content-Type, but has neither. "
                        + "Give the part a Content-Type to send bytes.");
                }
                fields.Add(new Fields.Field(Encoding.UTF8.GetBytes(name), bytes, section.ContentType));
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new FormatException(
                $"The body must be a multipart form with the boundary of its Content-Type, but is not: {e.Message}");
        }
    }
}
