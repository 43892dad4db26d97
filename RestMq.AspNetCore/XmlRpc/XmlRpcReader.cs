using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Xml;

namespace RestMq.XmlRpc;

/// <summary>
/// Reads <c>methodCall</c> documents by their grammar, one element at a time: what is not expected ends the reading, so nothing recurses
/// and nothing is deeper than a typed value. Document types are prohibited, so entities expand to nothing and no address is followed;
/// the document was bounded in bytes before it came here, and its characters are no more than its bytes.
/// </summary>
internal static class XmlRpcReader
{
    private const int MaxMethodName = 200;

    /// <param name="document">The whole document.</param>
    /// <param name="call">The call.</param>
    /// <param name="error">Why it is none, in a sentence.</param>
    public static bool TryRead(byte[] document, [NotNullWhen(true)] out XmlRpcCall? call, [NotNullWhen(false)] out string? error)
    {
        (call, error) = (null, null);
        try
        {
            // Only this reader can leave line ends alone. XML folds a carriage return that was sent unescaped, as Python's client sends it,
            // into a line feed, and the message would come back changed. Making it reads the first characters already.
            using var reader = new XmlTextReader(new MemoryStream(document, writable: false))
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
            // In our words: the framework's sentence names its own settings, and may quote a character that no reply can carry.
            error = "the document is not well-formed XML, or has a document type declaration";
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
        if (method.Length is 0 or > MaxMethodName) throw new FormatException("methodName has 1 to 200 characters");
        End(reader);

        var parameters = new List<MessageBody>();
        if (reader.MoveToContent() == XmlNodeType.Element && Start(reader, "params"))
        {
            while (reader.MoveToContent() == XmlNodeType.Element)
            {
                Start(reader, "param");
                if (!Start(reader, "value")) parameters.Add(MessageBody.FromText(""));
                else parameters.Add(Value(reader));
                End(reader);
            }
            End(reader);
        }
        End(reader);
        if (reader.MoveToContent() != XmlNodeType.None) throw new FormatException("something follows methodCall");
        return new XmlRpcCall(method, parameters);
    }

    /// <summary>The content of a <c>value</c> and its end: text on its own is a string, white space around a type is not.</summary>
    private static MessageBody Value(XmlTextReader reader)
    {
        var bare = Text(reader);
        if (reader.NodeType == XmlNodeType.EndElement)
        {
            End(reader);
            return MessageBody.FromText(bare);
        }
        if (!string.IsNullOrWhiteSpace(bare)) throw new FormatException("a value is a text or a type, not both");
        var type = reader.Name;
        if (type is not ("string" or "int" or "i4" or "i8" or "double" or "boolean" or "base64"))
            throw new FormatException("a value is a string, int, i4, i8, double, boolean or base64");
        var text = Start(reader, type) ? Text(reader, end: true) : "";
        End(reader);
        return type switch
        {
            "string" => MessageBody.FromText(text),
            "double" => Double(text),
            "boolean" => Boolean(text),
            "base64" => Base64(text),
            _ => Integer(text),
        };
    }

    private static MessageBody Integer(string text) =>
        long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number)
            ? Json(number.ToString(CultureInfo.InvariantCulture))
            : throw new FormatException("an int is a whole number of at most 64 bits");

    private static MessageBody Double(string text)
    {
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
            throw new FormatException("a double is a finite number");
        var json = number.ToString("R", CultureInfo.InvariantCulture);
        return Json(json.AsSpan().ContainsAny('.', 'E') ? json : json + ".0");
    }

    private static MessageBody Boolean(string text) => text.Trim() switch
    {
        "0" => Json("false"),
        "1" => Json("true"),
        _ => throw new FormatException("a boolean is 0 or 1"),
    };

    private static MessageBody Base64(string text)
    {
        try
        {
            return MessageBody.FromBytes(Convert.FromBase64String(text));
        }
        catch (FormatException)
        {
            throw new FormatException("a base64 value is not base64");
        }
    }

    private static MessageBody Json(string json) => MessageBody.FromJson(Encoding.UTF8.GetBytes(json));

    /// <summary>Enters an element; false when it is an empty one (<c>&lt;value/&gt;</c>), which is then behind us.</summary>
    private static bool Start(XmlTextReader reader, string name)
    {
        if (reader.MoveToContent() != XmlNodeType.Element || reader.Name != name) throw new FormatException($"{name} is missing");
        var empty = reader.IsEmptyElement;
        reader.Read();
        return !empty;
    }

    private static void End(XmlTextReader reader)
    {
        if (reader.MoveToContent() != XmlNodeType.EndElement) throw new FormatException("an element or text where none belongs");
        reader.Read();
    }

    /// <summary>The text up to the next element or end, past comments; with <paramref name="end"/> the element's end as well.</summary>
    private static string Text(XmlTextReader reader, bool end = false)
    {
        var text = "";
        StringBuilder? more = null;
        for (; ; reader.Read())
        {
            switch (reader.NodeType)
            {
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace:
                    // Comments split a text in parts; without them there is one.
                    if (text.Length == 0) text = reader.Value;
                    else (more ??= new StringBuilder(text)).Append(reader.Value);
                    continue;
                case XmlNodeType.Comment or XmlNodeType.ProcessingInstruction:
                    continue;
            }
            break;
        }
        if (more is not null) text = more.ToString();
        // Line ends left alone means character references left unchecked.
        if (!XmlRpcText.Fits(text)) throw new FormatException("a character reference to what is no character of XML 1.0");
        if (end) End(reader);
        return text;
    }
}
