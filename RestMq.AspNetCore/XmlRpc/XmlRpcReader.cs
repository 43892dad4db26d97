using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Xml;
using RestMq.Wire;

namespace RestMq.XmlRpc;

/// <summary>
/// Reads <c>methodCall</c> documents by their grammar, one element at a time. An unexpected element ends the reading,
/// so nothing recurses and nothing nests deeper than a typed value. Document type declarations are prohibited, so no
/// entity expands and no address is followed (XXE). The caller limits the document's bytes, and it has no more
/// characters.
/// </summary>
internal static class XmlRpcReader
{
    private const int MaxMethodName = 200;

    /// <summary>Reads a document; returns false when it is not a call.</summary>
    /// <param name="document">The whole document.</param>
    /// <param name="call">The call.</param>
    /// <param name="error">The reason why the document is not a call.</param>
    public static bool TryRead(byte[] document, [NotNullWhen(true)] out XmlRpcCall? call, [NotNullWhen(false)] out string? error)
    {
        (call, error) = (null, null);
        try
        {
            // Only XmlTextReader can keep line ends (Normalization = false). XML otherwise turns an unescaped carriage
            // return, as Python's client sends it, into a line feed, which would change the message. The constructor
            // already reads the first characters, so it is within the try.
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
        if (reader.MoveToContent() != XmlNodeType.None)
            throw new FormatException("methodCall must be the last element, but more follows");
        return new XmlRpcCall(method, parameters);
    }

    /// <summary>
    /// Reads the content of a <c>value</c> and its end. Text alone is a string. White space around a type is ignored.
    /// </summary>
    private static MessageBody Value(XmlTextReader reader)
    {
        var bare = Text(reader);
        if (reader.NodeType == XmlNodeType.EndElement)
        {
            End(reader);
            return MessageBody.FromText(bare);
        }
        if (!string.IsNullOrWhiteSpace(bare))
            throw new FormatException("a value must be a text or a type, but is both");
        var type = reader.Name;
        if (type is not ("string" or "int" or "i4" or "i8" or "double" or "boolean" or "base64"))
        {
            throw new FormatException(
                $"a value must be a string, int, i4, i8, double, boolean or base64, but is '{WireNames.Shorten(type)}'");
        }
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
