using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;
using RestMq.Wire;

namespace RestMq.Commands;

/// <summary>A command of the JSON protocol, read field by field; a field that is missing or of the wrong type is a <see cref="FormatException"/>.</summary>
internal sealed class CommandRequest : IDisposable
{
    private readonly JsonDocument _document;
    private readonly QueueName? _defaultQueue;

    private CommandRequest(JsonDocument document, QueueName? defaultQueue)
    {
        _document = document;
        _defaultQueue = defaultQueue;
    }

    private JsonElement Root => _document.RootElement;

    public string Name => Text("cmd") ?? throw Missing("cmd");

    public QueueName Queue => Text("queue") is { } name
        ? QueueName.TryParse(name, out var queue, out var error) ? queue : throw new FormatException(error)
        : _defaultQueue ?? throw Missing("queue");

    public static CommandRequest Parse(ReadOnlyMemory<byte> json, QueueName? defaultQueue)
    {
        JsonDocument document;
        try
        {
            // The parser does not look inside strings, so their encoding is checked first.
            if (!Utf8.IsValid(json.Span)) throw new FormatException("A command is JSON in UTF-8; these bytes are not UTF-8.");
            document = JsonDocument.Parse(json);
        }
        catch (JsonException e)
        {
            throw new FormatException($"A command is a JSON object; this is not JSON: {e.Message}");
        }
        if (document.RootElement.ValueKind == JsonValueKind.Object) return new CommandRequest(document, defaultQueue);
        document.Dispose();
        throw new FormatException("""A command is a JSON object, such as {"cmd":"add","queue":"test","value":"foobar"}.""");
    }

    public bool Has(string name) => Find(name) is not null;

    /// <summary>A string; null when the field is absent.</summary>
    public string? Text(string name)
    {
        if (Find(name) is not { } field) return null;
        if (field.ValueKind != JsonValueKind.String) throw new FormatException($"'{name}' is a string.");
        return StringOf(field, name);
    }

    /// <summary>A number; null when the field is absent.</summary>
    public double? Number(string name)
    {
        if (Find(name) is not { } field) return null;
        return field.ValueKind == JsonValueKind.Number && field.TryGetDouble(out var value) ? value : throw new FormatException($"'{name}' is a number.");
    }

    /// <summary>The message in the field <c>value</c>.</summary>
    public MessageBody Value()
    {
        if (Find("value") is not { } field) throw Missing("value");
        if (!Has("encoding")) return BodyOf(field, "value", Text("type"));
        if (Text("encoding") != "base64") throw new FormatException("""'encoding' is "base64", or is left out.""");
        return Base64Of(field) is { } bytes
            ? MessageBody.FromBytes(bytes, Text("type"))
            : throw new FormatException("'value' is not base64, as 'encoding' says.");
    }

    /// <summary>The messages in the field <c>values</c>.</summary>
    public List<MessageBody> Values(int most)
    {
        if (Find("values") is not { ValueKind: JsonValueKind.Array } field) throw new FormatException("'values' is a list.");
        if (field.GetArrayLength() is var length && (length == 0 || length > most)) throw new FormatException($"'values' has 1 to {most} messages.");
        // One id for all of them would add the first and drop the others.
        if (Has("id")) throw new FormatException("'id' is for one message: send 'values' without it.");
        if (Has("encoding") || Has("type")) throw new FormatException("'encoding' and 'type' are for one message: send 'values' without them.");
        return [.. field.EnumerateArray().Select(value => BodyOf(value, "values", null))];
    }

    /// <summary>The receipt of a hand-out, of this command's queue.</summary>
    public Receipt Receipt()
    {
        var text = Text("receipt") ?? throw Missing("receipt");
        if (!RestMq.Receipt.TryParse(text, out var receipt) || receipt.Fence == 0)
            throw new FormatException($"'receipt' is what a lease gave, such as test:1.1, not '{Limits.Shorten(text)}'.");
        return Owned(receipt);
    }

    /// <summary>A message's key, of this command's queue.</summary>
    public MessageKey Key() => KeyOrReceipt() is { Fence: 0 } whole ? whole.Key : throw new FormatException("'key' is a message's key, such as test:1, not a receipt.");

    /// <summary>A message's key, or a receipt, of this command's queue.</summary>
    public Receipt KeyOrReceipt()
    {
        if (Has("receipt")) return Receipt();
        var text = Text("key") ?? throw Missing("key");
        if (!RestMq.Receipt.TryParse(text, out var receipt))
            throw new FormatException($"'key' is a message's key, such as test:1, not '{Limits.Shorten(text)}'.");
        return Owned(receipt);
    }

    public void Dispose() => _document.Dispose();

    private Receipt Owned(Receipt receipt) =>
        receipt.Key.Queue == Queue ? receipt : throw new FormatException($"{receipt} is not of the queue {Queue}.");

    private JsonElement? Find(string name)
    {
        try
        {
            return Root.TryGetProperty(name, out var field) ? field : null;
        }
        catch (InvalidOperationException)
        {
            // Of a field's name that is compared with.
            throw new FormatException("A field's name is not valid Unicode: it holds half of a surrogate pair.");
        }
    }

    private static MessageBody BodyOf(JsonElement field, string name, string? type) => field.ValueKind == JsonValueKind.String
        ? MessageBody.FromText(StringOf(field, name)).WithContentType(type)
        : MessageBody.FromJson(JsonMarshal.GetRawUtf8Value(field).ToArray()).WithContentType(type);

    private static string StringOf(JsonElement field, string name)
    {
        try
        {
            return field.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new FormatException($"'{name}' is not valid Unicode: it holds half of a surrogate pair.");
        }
    }

    private static byte[]? Base64Of(JsonElement field)
    {
        try
        {
            return field.ValueKind == JsonValueKind.String && field.TryGetBytesFromBase64(out var bytes) ? bytes : null;
        }
        catch (InvalidOperationException)
        {
            return null; // It holds half of a surrogate pair.
        }
    }

    private static FormatException Missing(string name) => new($"'{name}' is missing.");
}
