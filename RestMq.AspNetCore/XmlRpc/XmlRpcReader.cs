using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Xml;
using RestMq.Wire;

namespace RestMq.XmlRpc;

/// <summary>
/// Reads <c>methodCall</c> documents by their grammar, one element at a time. An unexpected element ends the reading,
/// and values nest as deep as JSON messages may. Document type declarations are prohibited, so no entity expands and no
/// address is followed (XXE). The caller limits the document's bytes, and it has no more characters.
/// </summary>
internal static class XmlRpcReader
{
    private const int MaxMethodName = 200;

    // Levels, as in MessageBody.FromJson.
    private const int MaxDepth = 64;

    private static readonly string[] DateFormats =
        ["yyyyMMdd'T'HH:mm:ssK", "yyyyMMdd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyyMMdd'T'HHmmssK"];

    /// <summary>Reads a document; returns false when it is not a call.</summary>
    /// <param name="document">The whole document.</param>
    /// <param name="call">The call.</param>
    /// <param name="error">The reason why the document is not a call.</param>
    /// <param name="contentType">The content type of the document, whose charset counts over the declared one.</param>
    public static bool TryRead(
        byte[] document, [NotNullWhen(true)] out XmlRpcCall? call, [NotNullWhen(false)] out string? error, string? contentType = null)
    {
        (call, error) = (null, null);
        try
        {
            // Only XmlTextReader can keep line ends (Normalization = false). XML otherwise turns an unescaped carriage
            // return, as Python's client sends it, into a line feed, which would change the message. The constructor
            // already reads the first characters, so it is within the try.
            using var reader = new XmlTextReader(new StringReader(XmlRpcCharset.Decode(document, contentType)))
            {
                DtdProcessing = DtdProcessing.Prohibit,
                XmlResolver = null,
                Normalization = false,
            };
            call = Call(reader);
            return true;
        }
        catch (XmlException e)
        {
            // Not the framework's message: it names the framework's settings, and may quote a character that XML cannot
            // carry in the reply.
            error = "the document must be well-formed XML without a document type declaration, but is not";
            if (e.LineNumber > 0) error += string.Create(CultureInfo.InvariantCulture, $": line {e.LineNumber}, position {e.LinePosition}");
        }
        catch (FormatException e)
        {
            error = e.Message;
        }
        return false;
    }

    private static XmlRpcCall Call(XmlTextReader reader)
    {
        Start(reader, "methodCall");
        Start(reader, "methodName");
        var method = Text(reader).Trim();
        if (method.Length is 0 or > MaxMethodName)
            throw new FormatException($"methodName must have 1 to {MaxMethodName} characters, but has {method.Length}");
        End(reader);

        var parameters = new List<MessageBody>();
        List<XmlRpcCall>? calls = null;
        if (reader.MoveToContent() == XmlNodeType.Element && Start(reader, "params"))
        {
            while (reader.MoveToContent() == XmlNodeType.Element)
            {
                Start(reader, "param");
                if (method == XmlRpcCall.Multicall && calls is null) calls = Calls(reader);
                else parameters.Add(Value(reader));
                End(reader);
            }
            End(reader);
        }
        End(reader);
        if (reader.MoveToContent() != XmlNodeType.None)
            throw new FormatException("methodCall must be the last element, but more follows");
        return new XmlRpcCall(method, parameters, calls);
    }

    /// <summary>Reads the parameter of <c>system.multicall</c>: an array of structs of a method and its parameters.</summary>
    private static List<XmlRpcCall> Calls(XmlTextReader reader)
    {
        var calls = new List<XmlRpcCall>();
        Start(reader, "value");
        Array(reader, () =>
        {
            string? method = null;
            var parameters = new List<MessageBody>();
            Start(reader, "value");
            Struct(reader, name =>
            {
                if (name == "methodName")
                {
                    method = Value(reader) is { Kind: BodyKind.Text } text ? text.ToString() : null;
                    return;
                }
                if (name != "params") throw new FormatException($"a call must have methodName and params, but has '{WireNames.Shorten(name)}'");
                Start(reader, "value");
                Array(reader, () => parameters.Add(Value(reader)));
                End(reader);
            });
            End(reader);
            calls.Add(new XmlRpcCall(method ?? throw new FormatException("a call must have a methodName that is a string"), parameters));
        });
        End(reader);
        return calls;
    }

    /// <summary>
    /// Reads a <c>value</c>. Text alone is a string. White space around a type is ignored. A struct and an array are read
    /// as JSON.
    /// </summary>
    private static MessageBody Value(XmlTextReader reader)
    {
        if (!Start(reader, "value")) return MessageBody.FromText("");
        if (Scalar(reader, out var type) is { } scalar) return scalar;
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, MessageJson.Options)) WriteNested(reader, type, json, depth: 1);
        End(reader);
        return MessageBody.FromJson(buffer.WrittenMemory);
    }

    /// <summary>
    /// Reads the content of a <c>value</c> and its end. Returns null at the start of a struct or an array.
    /// </summary>
    private static MessageBody? Scalar(XmlTextReader reader, out string type)
    {
        type = "string";
        var bare = Text(reader);
        if (reader.NodeType == XmlNodeType.EndElement)
        {
            End(reader);
            return MessageBody.FromText(bare);
        }
        if (!string.IsNullOrWhiteSpace(bare))
            throw new FormatException("a value must be a text or a type, but is both");
        // The extensions of Apache, such as <ex:nil/>, have a prefix.
        type = reader.Name.StartsWith("ex:", StringComparison.Ordinal) ? reader.Name[3..] : reader.Name;
        if (type is "struct" or "array") return null;
        if (type is not ("string" or "int" or "i1" or "i2" or "i4" or "i8" or "double" or "boolean" or "base64" or "dateTime.iso8601" or "nil"))
        {
            throw new FormatException(
                "a value must be a string, int, i4, i8, double, boolean, base64, dateTime.iso8601, nil, struct or array, "
                + $"but is '{WireNames.Shorten(type)}'");
        }
        var text = Start(reader, reader.Name) ? Text(reader, end: true) : "";
        End(reader);
        return type switch
        {
            "string" => MessageBody.FromText(text),
            "double" => Double(text),
            "boolean" => Boolean(text),
            "base64" => Base64(text),
            "dateTime.iso8601" => Date(text),
            "nil" => string.IsNullOrWhiteSpace(text) ? Json("null") : throw new FormatException("a nil must be empty, but is not"),
            _ => Integer(text),
        };
    }

    // Writes a struct or an array as JSON. Strings and dates are JSON strings, and so is base64.
    private static void WriteNested(XmlTextReader reader, string type, Utf8JsonWriter json, int depth)
    {
        if (depth > MaxDepth) throw new FormatException($"a value must be at most {MaxDepth} levels deep, but is deeper");
        if (type == "array")
        {
            json.WriteStartArray();
            Array(reader, () => WriteValue(reader, json, depth));
            json.WriteEndArray();
            return;
        }
        json.WriteStartObject();
        Struct(reader, name =>
        {
            json.WritePropertyName(name);
            WriteValue(reader, json, depth);
        });
        json.WriteEndObject();
    }

    private static void WriteValue(XmlTextReader reader, Utf8JsonWriter json, int depth)
    {
        if (!Start(reader, "value"))
        {
            json.WriteStringValue("");
            return;
        }
        if (Scalar(reader, out var type) is not { } scalar)
        {
            WriteNested(reader, type, json, depth + 1);
            End(reader);
            return;
        }
        switch (scalar.Kind)
        {
            case BodyKind.Text: json.WriteStringValue(scalar.Bytes.Span); break;
            case BodyKind.Json: json.WriteRawValue(scalar.Bytes.Span, skipInputValidation: true); break;
            default: json.WriteBase64StringValue(scalar.Bytes.Span); break;
        }
    }

    /// <summary>Reads an array. <paramref name="item"/> reads each <c>value</c> in it.</summary>
    private static void Array(XmlTextReader reader, Action item)
    {
        if (!Start(reader, "array")) throw new FormatException("the element data must come next, but is missing");
        if (Start(reader, "data"))
        {
            while (reader.MoveToContent() == XmlNodeType.Element) item();
            End(reader);
        }
        End(reader);
    }

    /// <summary>Reads a struct. <paramref name="member"/> reads the <c>value</c> of each name.</summary>
    private static void Struct(XmlTextReader reader, Action<string> member)
    {
        if (!Start(reader, "struct")) return;
        while (reader.MoveToContent() == XmlNodeType.Element)
        {
            Start(reader, "member");
            member(Start(reader, "name") ? Text(reader, end: true) : "");
            End(reader);
        }
        End(reader);
    }

    private static MessageBody Integer(string text) =>
        long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number)
            ? Json(number.ToString(CultureInfo.InvariantCulture))
            : throw new FormatException("an int must be a whole number of at most 64 bits, but is not");

    private static MessageBody Double(string text)
    {
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
            throw new FormatException("a double must be a finite number, but is not");
        var json = number.ToString("R", CultureInfo.InvariantCulture);
        return Json(json.AsSpan().ContainsAny('.', 'E') ? json : json + ".0");
    }

    private static MessageBody Boolean(string text) => text.Trim() switch
    {
        "0" => Json("false"),
        "1" => Json("true"),
        _ => throw new FormatException("a boolean must be 0 or 1, but is neither"),
    };

    // Kept as it was sent, because XML-RPC names no time zone.
    private static MessageBody Date(string text) =>
        DateTime.TryParseExact(text.Trim(), DateFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            ? MessageBody.FromText(text.Trim())
            : throw new FormatException("a dateTime.iso8601 must be a date and time, such as 19980717T14:08:55, but is not");

    private static MessageBody Base64(string text)
    {
        try
        {
            return MessageBody.FromBytes(Convert.FromBase64String(text));
        }
        catch (FormatException)
        {
            throw new FormatException("a base64 value must be valid base64, but is not");
        }
    }

    private static MessageBody Json(string json) => MessageBody.FromJson(Encoding.UTF8.GetBytes(json));

    /// <summary>
    /// Enters an element. Returns false for an empty element (<c>&lt;value/&gt;</c>), which has no end to read.
    /// </summary>
    private static bool Start(XmlTextReader reader, string name)
    {
        if (reader.MoveToContent() != XmlNodeType.Element || reader.Name != name)
            throw new FormatException($"the element {name} must come next, but is missing");
        var empty = reader.IsEmptyElement;
        reader.Read();
        return !empty;
    }

    private static void End(XmlTextReader reader)
    {
        if (reader.MoveToContent() != XmlNodeType.EndElement)
            throw new FormatException("an element must end here, but an element or text follows");
        reader.Read();
    }

    /// <summary>
    /// Reads text up to the next element or end, without comments. <paramref name="end"/> reads the element's end too.
    /// </summary>
    private static string Text(XmlTextReader reader, bool end = false)
    {
        var text = "";
        StringBuilder? more = null;
        for (; ; reader.Read())
        {
            switch (reader.NodeType)
            {
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace:
                    // Without comments a text is one node. Comments split it into several.
                    if (text.Length == 0) text = reader.Value;
                    else (more ??= new StringBuilder(text)).Append(reader.Value);
                    continue;
                case XmlNodeType.Comment or XmlNodeType.ProcessingInstruction:
                    continue;
            }
            break;
        }
        if (more is not null) text = more.ToString();
        // Without normalization, XmlTextReader does not check character references either.
        if (!XmlRpcText.Fits(text))
            throw new FormatException("a character reference must be to a character of XML 1.0, but one is not");
        if (end) End(reader);
        return text;
    }
}
