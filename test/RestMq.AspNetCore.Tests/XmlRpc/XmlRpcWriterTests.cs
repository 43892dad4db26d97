using System.Text;
using System.Xml.Linq;
using RestMq.XmlRpc;

namespace RestMq.Tests.XmlRpc;

public class XmlRpcWriterTests
{
    [Fact]
    public void Response_Text_MatchesOriginal() =>
        Text(XmlRpcWriter.Response(x => x.Text("test:1"))).Should().Be(
            "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value><string>test:1</string></value>\n</param>\n</params>\n</methodResponse>\n");

    [Fact]
    public void Response_Struct_MatchesOriginal() =>
        Text(XmlRpcWriter.Response(x => x.Struct(
            ("count", y => y.Integer(1)), ("value", y => y.Text("tuna-boy")), ("key", y => y.Text("test:1"))))).Should().Be(
            "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value><struct>\n"
            + "<member>\n<name>count</name>\n<value><int>1</int></value>\n</member>\n"
            + "<member>\n<name>value</name>\n<value><string>tuna-boy</string></value>\n</member>\n"
            + "<member>\n<name>key</name>\n<value><string>test:1</string></value>\n</member>\n"
            + "</struct></value>\n</param>\n</params>\n</methodResponse>\n");

    [Fact]
    public void Fault_CodeAndText_MatchesOriginal() =>
        Text(XmlRpcWriter.FaultResponse(8001, "function nope not found")).Should().Be(
            "<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value><struct>\n"
            + "<member>\n<name>faultCode</name>\n<value><int>8001</int></value>\n</member>\n"
            + "<member>\n<name>faultString</name>\n<value><string>function nope not found</string></value>\n</member>\n"
            + "</struct></value>\n</fault>\n</methodResponse>\n");

    [Fact]
    public void Response_Array_KeepsOrder() =>
        Text(XmlRpcWriter.Response(x => x.Array(["a", "b"], (y, name) => y.Text(name)))).Should().Contain(
            "<value><array><data>\n<value><string>a</string></value>\n<value><string>b</string></value>\n</data></array></value>\n");

    [Fact]
    public void Response_EmptyText_HasEndTag() =>
        Text(XmlRpcWriter.Response(x => x.Text(""))).Should().Contain("<value><string></string></value>");

    [Fact]
    public void Response_Boolean_IsDigit()
    {
        Text(XmlRpcWriter.Response(x => x.Boolean(true))).Should().Contain("<value><boolean>1</boolean></value>");
        Text(XmlRpcWriter.Response(x => x.Boolean(false))).Should().Contain("<value><boolean>0</boolean></value>");
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("<a href=\"x\">&amp; 'b' ]]></a>")]
    [InlineData(" \t spaces \n ")]
    [InlineData("one\r\ntwo\rthree\nfour\r")]
    [InlineData("café — 😀")]
    [InlineData("\uFFFD")]
    public void Body_TextThatXmlCarries_IsString(string text)
    {
        var value = Value(MessageBody.FromText(text));
        value.Name.LocalName.Should().Be("string");
        value.Value.Should().Be(text);
    }

    [Theory]
    [InlineData("nul \0")]
    [InlineData("escape \u001b[0m")]
    [InlineData("\u0001")]
    [InlineData("\uFFFE")]
    [InlineData("😀\uFFFF")]
    public void Body_TextThatXmlCannotCarry_IsBase64(string text)
    {
        var value = Value(MessageBody.FromText(text));
        value.Name.LocalName.Should().Be("base64");
        Encoding.UTF8.GetString(Convert.FromBase64String(value.Value)).Should().Be(text);
    }

    [Fact]
    public void Body_Json_IsString()
    {
        var value = Value(MessageBody.FromJson("""{"a": [1, "<&>"]}"""u8.ToArray()));
        value.Name.LocalName.Should().Be("string");
        value.Value.Should().Be("""{"a": [1, "<&>"]}""");
    }

    [Fact]
    public void Body_Binary_IsBase64()
    {
        var value = Value(MessageBody.FromBytes(new byte[] { 0, 1, 2, 255 }, "image/png"));
        value.Name.LocalName.Should().Be("base64");
        value.Value.Should().Be("AAEC/w==");
    }

    // Holds code units as numbers, because an attribute cannot hold half of a surrogate pair.
    public static TheoryData<int[], bool> Characters => new()
    {
        { ['a', 0xD800], false },
        { [0xDC00, 'a'], false },
        { [0xD83D, 0xDE00], true },
        { [0xDE00, 0xD83D], false },
        { [0x85, 0x2028, 0xE000], true },
        { [0x0B], false },
    };

    [Theory]
    [MemberData(nameof(Characters))]
    public void Fits_AnyCharacters_FollowsXml10(int[] characters, bool fits) =>
        XmlRpcText.Fits(new string([.. characters.Select(character => (char)character)])).Should().Be(fits);

    private static string Text(ReadOnlyMemory<byte> document) => Encoding.UTF8.GetString(document.Span);

    /// <summary>Returns the element that holds a body, as a standard XML parser reads it.</summary>
    private static XElement Value(MessageBody body) =>
        XDocument.Load(new MemoryStream(XmlRpcWriter.Response(x => x.Body(body)).ToArray()), LoadOptions.PreserveWhitespace)
            .Descendants("value").Single().Elements().Single();
}
