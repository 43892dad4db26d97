using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;
using RestMq.Wire;

namespace RestMq.Commands;

/// <summary>
/// Reads the fields of a command of the JSON protocol. A field that is missing or has the wrong type is a
/// <see cref="FormatException"/>.
/// </summary>
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
        json = JsonUnicode.WithoutMark(json);
        try
        {
            // JsonDocument does not validate the encoding inside strings.
            if (!Utf8.IsValid(json.Span))
                throw new FormatException("A command must be JSON in UTF-8, but these bytes are not UTF-8.");
            document = JsonDocument.Parse(json);
        }
        catch (JsonException e)
        {
            throw new FormatException($"A command must be a JSON object, but this is not JSON: {e.Message}");
        }
        var isObject = document.RootElement.ValueKind == JsonValueKind.Object;
        // Checked once for all names and strings, which cannot be decoded otherwise.
        if (isObject && !JsonUnicode.HasHalfPair(json.Span)) return new CommandRequest(document, defaultQueue);
        using (document)
        {
            throw new FormatException(isObject
                ? RuleOfHalfPair(document.RootElement)
                : """A command must be a JSON object, such as {"cmd":"add","queue":"test","value":"foobar"}.""");
        }
    }

    public bool Has(string name) => Find(name) is not null;

    /// <summary>Returns a string, or null when the field is absent.</summary>
    public string? Text(string name)
    {
        if (Find(name) is not { } field) return null;
        if (field.ValueKind != JsonValueKind.String) throw WrongKind(name, "a string", field);
        return field.GetString();
    }

    /// <summary>Returns a number, or null when the field is absent.</summary>
    public double? Number(string name)
    {
        if (Find(name) is not { } field) return null;
        return field.ValueKind == JsonValueKind.Number && field.TryGetDouble(out var value)
            ? value
            : throw WrongKind(name, "a number", field);
    }

    /// <summary>Returns the message in the field <c>value</c>.</summary>
    public MessageBody Value()
    {
        if (Find("value") is not { } field) throw Missing("value");
        if (!Has("encoding")) return BodyOf(field, Text("type"));
        if (Text("encoding") is not "base64" and var encoding)
            throw new FormatException($"'encoding' must be base64 or absent, but was '{WireNames.Shorten(encoding!)}'.");
        return Base64Of(field) is { } bytes
            ? MessageBody.FromBytes(bytes, Text("type"))
            : throw new FormatException("'value' must be a string of base64, as 'encoding' says, but is not.");
    }

    /// <summary>Returns the messages in the field <c>values</c>.</summary>
    public List<MessageBody> Values(int most)
    {
        if (Find("values") is not { ValueKind: JsonValueKind.Array } field)
            throw new FormatException("'values' must be a list.");
        if (field.GetArrayLength() is var length && (length == 0 || length > most))
            throw new FormatException($"'values' must have 1 to {most} messages, but has {length}.");
        // With one id for all messages, all but the first would be duplicates.
        if (Has("id")) throw new FormatException("'id' must not be sent with 'values', because it is for one message.");
        if (Has("encoding") || Has("type"))
        {
            throw new FormatException(
                "'encoding' and 'type' must not be sent with 'values', because they are for one message.");
        }
        return [.. field.EnumerateArray().Select(value => BodyOf(value, null))];
    }

    /// <summary>Returns the receipt of a delivery of this command's queue.</summary>
    public Receipt Receipt()
    {
        var text = Text("receipt") ?? throw Missing("receipt");
        if (!RestMq.Receipt.TryParse(text, out var receipt))
        {
            throw new FormatException(
                $"'receipt' must be the receipt of a lease, such as test:1.1, but was '{WireNames.Shorten(text)}'.");
        }
        return Owned(receipt);
    }

    /// <summary>Returns the key of a message of this command's queue.</summary>
    public MessageKey Key() => KeyOrReceipt() is { Fence: 0 } whole
        ? whole.Key
        : throw new FormatException("'key' must be a message's key, such as test:1, but was a receipt.");

    /// <summary>Returns a key, or a receipt, of a message of this command's queue.</summary>
    public Receipt KeyOrReceipt()
    {
        if (Has("receipt")) return Receipt();
        var text = Text("key") ?? throw Missing("key");
        if (!RestMq.Receipt.TryParseKeyOrReceipt(text, out var receipt))
        {
            throw new FormatException(
                $"'key' must be a message's key, such as test:1, but was '{WireNames.Shorten(text)}'.");
        }
        return Owned(receipt);
    }

    public void Dispose() => _document.Dispose();

    private Receipt Owned(Receipt receipt) => receipt.Key.Queue == Queue
        ? receipt
        : throw new FormatException($"The key or receipt must belong to the queue {Queue}, but was {receipt}.");

    // Says which field has half of a surrogate pair. Only a command that has one gets here.
    private static string RuleOfHalfPair(JsonElement command)
    {
        const string Rule = "must be valid Unicode, but contains half of a surrogate pair.";
        string? found = null;
        var isBase64 = false;
        foreach (var field in command.EnumerateObject())
        {
            string name;
            try
            {
                name = field.Name;
            }
            catch (InvalidOperationException)
            {
                return $"A field's name {Rule}";
            }
            isBase64 |= name == "encoding";
            if (JsonUnicode.HasHalfPair(JsonMarshal.GetRawUtf8Value(field.Value))) found ??= name;
        }
        return found == "value" && isBase64
            ? "'value' must be a string of base64, as 'encoding' says, but is not."
            : $"'{WireNames.Shorten(found ?? "")}' {Rule}";
    }

    // Each call goes through all fields. A handler must not call this for each of its values.
    private JsonElement? Find(string name) => Root.TryGetProperty(name, out var field) ? field : null;

    private static MessageBody BodyOf(JsonElement field, string? type) => field.ValueKind == JsonValueKind.String
        ? MessageBody.FromText(field.GetString()!).WithContentType(type)
        : MessageBody.FromJson(JsonMarshal.GetRawUtf8Value(field).ToArray()).WithContentType(type);

    private static byte[]? Base64Of(JsonElement field) =>
        field.ValueKind == JsonValueKind.String && field.TryGetBytesFromBase64(out var bytes) ? bytes : null;

    private static FormatException Missing(string name) => new($"'{name}' is missing. Add it.");

    private static FormatException WrongKind(string name, string expected, JsonElement field) =>
        new($"'{name}' must be {expected}, but was a JSON value of kind {field.ValueKind}.");
}
