using System.Text;
using System.Xml.Linq;
using RestMq.XmlRpc;

namespace RestMq.Tests.XmlRpc;

public class XmlRpcWriterTests
{
    [Fact]
    public void A_value_is_written_as_the_original_wrote_it() =>
        Text(XmlRpcWriter.Response(x => x.Text("test:1"))).Should().Be(
            "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value><string>test:1</string></value>\n</param>\n</params>\n</methodResponse>\n");

    [Fact]
    public void A_struct_is_written_as_the_original_wrote_it() =>
        Text(XmlRpcWriter.Response(x => x.Struct(
            ("count", y => y.Integer(1)), ("value", y => y.Text("tuna-boy")), ("key", y => y.Text("test:1"))))).Should().Be(
            "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value><struct>\n"
            + "<member>\n<name>count</name>\n<value><int>1</int></value>\n</member>\n"
            + "<member>\n<name>value</name>\n<value><string>tuna-boy</string></value>\n</member>\n"
            + "<member>\n<name>key</name>\n<value><string>test:1</string></value>\n</member>\n"
            + "</struct></value>\n</param>\n</params>\n</methodResponse>\n");

    [Fact]
    public void A_fault_is_written_as_the_original_wrote_it() =>
        Text(XmlRpcWriter.Fault(8001, "function nope not found")).Should().Be(
            "<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value><struct>\n"
            + "<member>\n<name>faultCode</name>\n<value><int>8001</int></value>\n</member>\n"
            + "<member>\n<name>faultString</name>\n<value><string>function nope not found</string></value>\n</member>\n"
            + "</struct></value>\n</fault>\n</methodResponse>\n");

    [Fact]
    public void An_array_holds_its_items_in_order() =>
        Text(XmlRpcWriter.Response(x => x.Array(["a", "b"], (y, name) => y.Text(name)))).Should().Contain(
            "<value><array><data>\n<value><string>a</string></value>\n<value><string>b</string></value>\n</data></array></value>\n");

    [Fact]
    public void An_empty_text_is_an_element_with_an_end() =>
        Text(XmlRpcWriter.Response(x => x.Text(""))).Should().Contain("<value><string></string></value>");

    [Fact]
    public void A_boolean_is_a_digit()
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
    public void A_text_that_xml_carries_comes_back_as_a_string(string text)
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
    public void A_text_that_xml_cannot_carry_comes_back_as_base64(string text)
    {
        var value = Value(MessageBody.FromText(text));
        value.Name.LocalName.Should().Be("base64");
        Encoding.UTF8.GetString(Convert.FromBase64String(value.Value)).Should().Be(text);
    }

    [Fact]
    public void Json_is_a_string_that_holds_it()
    {
        var value = Value(MessageBody.FromJson("""{"a": [1, "<&>"]}"""u8.ToArray()));
        value.Name.LocalName.Should().Be("string");
        value.Value.Should().Be("""{"a": [1, "<&>"]}""");
    }

    [Fact]
    public void Binary_is_base64()
    {
        var value = Value(MessageBody.FromBytes(new byte[] { 0, 1, 2, 255 }, "image/png"));
        value.Name.LocalName.Should().Be("base64");
        value.Value.Should().Be("AAEC/w==");
    }

    // Attributes cannot hold half a surrogate pair.
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
    public void Fits_is_what_xml_1_0_says(int[] characters, bool fits) =>
        XmlRpcText.Fits(new string([.. characters.Select(character => (char)character)])).Should().Be(fits);

    private static string Text(ReadOnlyMemory<byte> document) => Encoding.UTF8.GetString(document.Span);

    /// <summary>The element of a body's type, as any XML parser sees it.</summary>
    private static XElement Value(MessageBody body) =>
        XDocument.Load(new MemoryStream(XmlRpcWriter.Response(x => x.Body(body)).ToArray()), LoadOptions.PreserveWhitespace)
            .Descendants("value").Single().Elements().Single();
}
