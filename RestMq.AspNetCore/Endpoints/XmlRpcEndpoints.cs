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
        await access.DemandOneAsync(context, AccessControl.RolesOfCommands);
        var limit = (int)Math.Min((options.MaxMessageBytes * 2L) + Overhead, Array.MaxLength);
        var reply = await AnswerAsync(await RequestBody.ReadAsync(context.Request, limit), access.Guard(context), context.RequestAborted);
        if (reply.HandedOut is { } message) await handOut.SendAsync(context, [message], () => Write(context, reply.Document));
        else Write(context, reply.Document);
    }

    private async ValueTask<XmlRpcReply> AnswerAsync(byte[] body, Func<RestMqRole, QueueName?, ValueTask> guard, CancellationToken cancellationToken)
    {
        if (!XmlRpcReader.TryRead(body, out var call, out var error)) return new(XmlRpcWriter.Fault(XmlRpcMethods.Failed, error));
        try
        {
            return await _methods.CallAsync(call, guard, cancellationToken);
        }
        catch (RestMqFullException e)
        {
            return new(XmlRpcWriter.Fault(XmlRpcMethods.Failed, e.Message));
        }
        catch (RestMqUnavailableException e)
        {
            return new(XmlRpcWriter.Fault(
                XmlRpcMethods.Unavailable,
                e is RestMqNotReplicatedException
                    ? e.Message
                    : "the store is unavailable, so send the call again later"));
        }
    }

    private static void Write(HttpContext context, ReadOnlyMemory<byte> document) => Reply.Bytes(context, "text/xml", document);
}
