using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using RestMq.XmlRpc;

namespace RestMq.Endpoints;

/// <summary><c>POST /xmlrpc</c>: a call in, a value or a fault out, both 200 as XML-RPC has it.</summary>
internal sealed class XmlRpcEndpoints(IQueueEngine engine, IOptions<RestMqOptions> options)
{
    // The markup around a value, and base64 of the largest message with its line breaks, fit in.
    private const int Overhead = 64 * 1024;

    private readonly XmlRpcMethods _methods = new(engine, options.Value);

    public async Task CallAsync(HttpContext context)
    {
        using var document = await ReadBodyAsync(context.Request, (options.Value.MaxMessageBytes * 2L) + Overhead);
        if (document is null)
        {
            await RefuseAsync(context.Response);
            return;
        }
        if (!XmlRpcReader.TryRead(document, out var call, out var error))
        {
            await WriteAsync(context, XmlRpcWriter.Fault(XmlRpcMethods.Failed, error));
            return;
        }
        XmlRpcReply reply;
        try
        {
            reply = await _methods.CallAsync(call, context.RequestAborted);
        }
        catch (RestMqUnavailableException e)
        {
            reply = new XmlRpcReply(XmlRpcWriter.Fault(XmlRpcMethods.Unavailable, e.Message));
        }
        if (reply.HandedOut is { } message) await HandOverAsync(context, message, reply.Document);
        else await WriteAsync(context, reply.Document);
    }

    /// <summary>Sends a taken message, then deletes it; one that did not leave goes back to the head of the queue.</summary>
    private async Task HandOverAsync(HttpContext context, QueueMessage message, ReadOnlyMemory<byte> document)
    {
        var action = SettleAction.Release;
        try
        {
            await WriteAsync(context, document);
            await context.Response.CompleteAsync();
            if (!context.RequestAborted.IsCancellationRequested) action = SettleAction.Ack;
        }
        finally
        {
            await engine.SettleAsync(new Settlement(message.Receipt, action), CancellationToken.None);
        }
    }

    private static async Task WriteAsync(HttpContext context, ReadOnlyMemory<byte> document)
    {
        context.Response.ContentType = "text/xml";
        context.Response.ContentLength = document.Length;
        await context.Response.Body.WriteAsync(document, context.RequestAborted);
    }

    private static async Task RefuseAsync(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status413PayloadTooLarge;
        response.ContentType = "application/problem+json";
        await response.WriteAsync(
            """{"type":"urn:restmq:too-large","title":"The request is too large.","status":413,"detail":"The XML-RPC call is over the limit."}""" + "\r\n");
    }

    /// <summary>The whole body, at its start; null when it is over the limit.</summary>
    private static async ValueTask<MemoryStream?> ReadBodyAsync(HttpRequest request, long limit)
    {
        if (request.ContentLength > limit) return null;
        var body = new MemoryStream();
        var part = new byte[16 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(part, request.HttpContext.RequestAborted)) > 0)
        {
            if (body.Length + read > limit) return null;
            body.Write(part, 0, read);
        }
        body.Position = 0;
        return body;
    }
}
