using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace RestMq.Http;

/// <summary>Tests encoded bodies in a site, with and without the framework's own decoding.</summary>
public sealed class RequestDecompressionTests
{
    [Theory]
    [InlineData(false, "q/test")]
    [InlineData(true, "q/test")]
    [InlineData(true, "mq/q/test")]
    public async Task Add_GzipInSite_IsDecodedOnce(bool siteDecodes, string path)
    {
        await using var site = await Site.StartAsync(
            app =>
            {
                if (siteDecodes) app.UseRequestDecompression();
                app.MapRestMq(path.StartsWith("mq", StringComparison.Ordinal) ? "/mq" : "");
            },
            builder => builder.Services.AddRequestDecompression());
        foreach (var size in new[] { 0, 10, 5000, 300_000 })
        {
            var text = new string('x', size);
            using var content = new ByteArrayContent(Gzip(text)) { Headers = { ContentType = new MediaTypeHeaderValue("text/plain"), ContentEncoding = { "gzip" } } };
            (await site.Client.PostAsync(path, content)).StatusCode.Should().Be(HttpStatusCode.OK);
            (await site.Client.GetStringAsync(path + "?format=raw")).Should().Be(text);
        }
    }

    private static byte[] Gzip(string text)
    {
        using var buffer = new MemoryStream();
        using (var writer = new StreamWriter(new GZipStream(buffer, CompressionLevel.Optimal))) writer.Write(text);
        return buffer.ToArray();
    }
}
