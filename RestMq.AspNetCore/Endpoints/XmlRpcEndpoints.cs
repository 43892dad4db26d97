using Microsoft.AspNetCore.Http;
using RestMq.Http;
using RestMq.XmlRpc;

namespace RestMq.Endpoints;

/// <summary><c>POST /xmlrpc</c>: a call in, a value or a fault out, both 200 as XML-RPC has it.</summary>
internal sealed class XmlRpcEndpoints(IQueueEngine engine, RestMqOptions options)
{
    // The markup around a value, and base64 of the largest message with its line breaks, fit in.
    private const int Overhead = 64 * 1024;

    private readonly XmlRpcMethods _methods = new(engine, options);

    public async Task CallAsync(HttpContext context)
    {
        var document = new MemoryStream(await RequestBody.ReadAsync(context.Request, (options.MaxMessageBytes * 2) + Overhead));
        if (!XmlRpcReader.TryRead(document, out var call, out var error))
        {
            Write(context, XmlRpcWriter.Fault(XmlRpcMethods.Failed, error));
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
        if (reply.HandedOut is { } message) await HandOut.SendAsync(context, engine, [message], () => Write(context, reply.Document));
        else Write(context, reply.Document);
    }

    private static void Write(HttpContext context, ReadOnlyMemory<byte> document) => Reply.Bytes(context, "text/xml", document);
}
