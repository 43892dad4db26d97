using System.Globalization;
using System.Text;
using System.Xml;

namespace RestMq.XmlRpc;

/// <summary>
/// Writes <c>methodResponse</c> documents line for line as the original, whose replies came from Python's library: each
/// value ends its line. Carriage returns are written as references, because XML turns bare ones into line feeds.
/// </summary>
internal sealed class XmlRpcWriter
{
    private static readonly XmlWriterSettings Settings = new()
    {
        Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        OmitXmlDeclaration = true, // The original's declaration has single quotes, so it is written by hand.
        NewLineHandling = NewLineHandling.Entitize,
    };

    private readonly XmlWriter _xml;

    private XmlRpcWriter(XmlWriter xml) => _xml = xml;

    /// <summary>Returns a response with one value.</summary>
    public static ReadOnlyMemory<byte> Response(Action<XmlRpcWriter> value) =>
        Document(writer => writer.Block("params", () => writer.Block("param", () => value(writer))));

    /// <summary>Returns a fault.</summary>
    public static ReadOnlyMemory<byte> FaultResponse(int code, string text) => Document(writer => writer.Block("fault", () => writer.Fault(code, text)));

    /// <summary>Writes the struct of a fault.</summary>
    public void Fault(int code, string text) => Struct(("faultCode", x => x.Integer(code)), ("faultString", x => x.Text(text)));

    public void Text(string text) => Value("string", text);

    public void Integer(long number) => Value("int", number.ToString(CultureInfo.InvariantCulture));

    public void Boolean(bool value) => Value("boolean", value ? "1" : "0");

    /// <summary>
    /// Writes a message's body: text and JSON as string; binary, and text that XML cannot carry, as base64.
    /// </summary>
    public void Body(MessageBody body)
    {
        var text = body.ToString();
        if (body.Kind == BodyKind.Binary) Value("base64", text);
        else if (XmlRpcText.Fits(text)) Value("string", text);
        else Value("base64", Convert.ToBase64String(body.Bytes.Span));
    }

    public void Struct(params ReadOnlySpan<(string Name, Action<XmlRpcWriter> Value)> members)
    {
        _xml.WriteStartElement("value");
        _xml.WriteStartElement("struct");
        _xml.WriteRaw("\n");
        foreach (var (name, value) in members)
        {
            _xml.WriteStartElement("member");
            _xml.WriteRaw("\n");
            _xml.WriteElementString("name", name);
            _xml.WriteRaw("\n");
            value(this);
            EndLine();
        }
        _xml.WriteEndElement();
        EndLine();
    }

    public void Array<T>(IEnumerable<T> items, Action<XmlRpcWriter, T> item)
    {
        _xml.WriteStartElement("value");
        _xml.WriteStartElement("array");
        _xml.WriteStartElement("data");
        _xml.WriteRaw("\n");
        foreach (var one in items) item(this, one);
        _xml.WriteEndElement();
        _xml.WriteEndElement();
        EndLine();
    }

    private static ReadOnlyMemory<byte> Document(Action<XmlRpcWriter> content)
    {
        var buffer = new MemoryStream();
        using (var xml = XmlWriter.Create(buffer, Settings))
        {
            var writer = new XmlRpcWriter(xml);
            xml.WriteRaw("<?xml version='1.0'?>\n");
            writer.Block("methodResponse", () => content(writer));
        }
        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    private void Block(string name, Action content)
    {
        _xml.WriteStartElement(name);
        _xml.WriteRaw("\n");
        content();
        EndLine();
    }

    private void Value(string type, string text)
    {
        _xml.WriteStartElement("value");
        _xml.WriteStartElement(type);
        _xml.WriteString(text);
        _xml.WriteFullEndElement();
        EndLine();
    }

    private void EndLine()
    {
        _xml.WriteEndElement();
        _xml.WriteRaw("\n");
    }
}
