using Microsoft.AspNetCore.Http;
using RestMq.Access;
using RestMq.Http;
using RestMq.XmlRpc;

namespace RestMq.Endpoints;

/// <summary>Handles <c>POST /xmlrpc</c>. A value and a fault are both replied with 200, as XML-RPC requires.</summary>
internal sealed class XmlRpcEndpoints(IQueueEngine engine, DeliverySender handOut, AccessControl access, RestMqOptions options)
{
    // Bytes for the markup around a value. The base64 of the largest message, with line breaks, is less than twice its
    // size.
    private const int Overhead = 64 * 1024;

    private readonly XmlRpcMethods _methods = new(engine, options);

    public async Task CallAsync(HttpContext context)
    {
        await access.DemandKnownAsync(context, AccessControl.RolesOfCommands);
        var limit = (int)Math.Min((options.MaxMessageBytes * 2L) + Overhead, Array.MaxLength);
        var reply = await AnswerAsync(context, await RequestBody.ReadAsync(context.Request, limit));
        var document = reply.ToDocument();
        if (reply.Taken.Count > 0) await handOut.SendAsync(context, reply.Taken, () => Write(context, document));
        else Write(context, document);
    }

    private async ValueTask<XmlRpcReply> AnswerAsync(HttpContext context, byte[] body)
    {
        if (!XmlRpcReader.TryRead(body, out var call, out var error, context.Request.ContentType))
            return new XmlRpcReply { Code = XmlRpcMethods.Failed, Text = error };
        // One of several calls that is refused is a fault of its own, so its guard sets no status.
        var guard = call.Calls is null ? access.Guard(context) : access.LateGuard(context);
        try
        {
            return await _methods.CallAsync(call, guard, context.RequestAborted);
        }
        catch (RestMqFullException e)
        {
            return new XmlRpcReply { Code = XmlRpcMethods.Failed, Text = e.Message };
        }
        catch (RestMqUnavailableException e)
        {
            return XmlRpcMethods.Away(e);
        }
    }

    private static void Write(HttpContext context, ReadOnlyMemory<byte> document) => Reply.Bytes(context, "text/xml", document);
}
