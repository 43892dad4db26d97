using System.Runtime.InteropServices;
using System.Text;
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
    // The content type of a file whose part names none (RFC 7578, section 4.4).
    private const string File = "application/octet-stream";

    /// <summary>
    /// Adds the parts of a form to a list. A part with a file name, or with a content type, is kept as bytes. Any other
    /// part is a text.
    /// </summary>
    /// <exception cref="FormatException">The body is not a multipart form.</exception>
    public static async Task SplitAsync(ReadOnlyMemory<byte> body, string contentType, List<Fields.Field> fields, CancellationToken cancellationToken)
    {
        if (!MediaTypeHeaderValue.TryParse(contentType, out var media) || HeaderUtilities.RemoveQuotes(media.Boundary) is not { Length: > 0 and <= 70 } boundary)
        {
            throw new FormatException(
                "A multipart form must name its boundary, of 1 to 70 characters, in its Content-Type, "
                + $"but the Content-Type was '{WireNames.Shorten(contentType)}'.");
        }
        try
        {
            // Every caller passes an array.
            MemoryMarshal.TryGetArray(body, out var bytes);
            var reader = new MultipartReader(boundary.ToString(), new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false));
            for (var parts = fields.Count; await reader.ReadNextSectionAsync(cancellationToken) is { } section; parts++)
            {
                Fields.CheckCount(parts); // Parts without a name count too.
                if (section.GetContentDispositionHeader() is not { } disposition) continue;
                var name = HeaderUtilities.RemoveQuotes(disposition.Name).ToString();
                using var value = new MemoryStream();
                await section.Body.CopyToAsync(value, cancellationToken);
                var isFile = disposition.FileName.HasValue || disposition.FileNameStar.HasValue;
                fields.Add(new Fields.Field(Encoding.UTF8.GetBytes(name), value.ToArray(), section.ContentType ?? (isFile ? File : null)));
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new FormatException(
                $"The body must be a multipart form with the boundary of its Content-Type, but is not: {e.Message}");
        }
    }
}
