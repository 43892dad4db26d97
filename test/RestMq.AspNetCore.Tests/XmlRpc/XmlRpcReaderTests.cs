using System.Text;
using RestMq.XmlRpc;

namespace RestMq.Tests.XmlRpc;

public class XmlRpcReaderTests
{
    private const string Lead = "<?xml version='1.0'?>";

    public static TheoryData<string, BodyKind, string> Values => new()
    {
        { "<string>tuna-boy</string>", BodyKind.Text, "tuna-boy" },
        { "<string> kept  as it is\n</string>", BodyKind.Text, " kept  as it is\n" },
        { "<string></string>", BodyKind.Text, "" },
        { "<string/>", BodyKind.Text, "" },
        { "bare text", BodyKind.Text, "bare text" },
        { "  bare\n text ", BodyKind.Text, "  bare\n text " },
        { "   ", BodyKind.Text, "   " },
        { "", BodyKind.Text, "" },
        { "\n  <string>a</string>\n  ", BodyKind.Text, "a" },
        { "<string>a &lt;b&gt; &amp; &quot;c&quot; &#233; &#x1F600;</string>", BodyKind.Text, "a <b> & \"c\" é 😀" },
        { "<string>café — 😀</string>", BodyKind.Text, "café — 😀" },
        { "<string>a<![CDATA[<b>]]>c<!-- no -->d<?no no?>e</string>", BodyKind.Text, "a<b>cde" },
        { "<!-- no --><string>a</string>", BodyKind.Text, "a" },
        { "<string>a&#13;b&#13;&#10;c</string>", BodyKind.Text, "a\rb\r\nc" },
        { "<string>a\r\nb\rc</string>", BodyKind.Text, "a\r\nb\rc" },
        { "<int>5</int>", BodyKind.Json, "5" },
        { "<int> -5\n</int>", BodyKind.Json, "-5" },
        { "<i4>+0007</i4>", BodyKind.Json, "7" },
        { "<i8>-9223372036854775808</i8>", BodyKind.Json, "-9223372036854775808" },
        { "<int>9223372036854775807</int>", BodyKind.Json, "9223372036854775807" },
        { "<double>-1.5</double>", BodyKind.Json, "-1.5" },
        { "<double>1</double>", BodyKind.Json, "1.0" },
        { "<double>.5</double>", BodyKind.Json, "0.5" },
        { "<double>1e300</double>", BodyKind.Json, "1E+300" },
        { "<double>0.1</double>", BodyKind.Json, "0.1" },
        { "<boolean>1</boolean>", BodyKind.Json, "true" },
        { "<boolean> 0 </boolean>", BodyKind.Json, "false" },
        { "<base64>AAEC/w==</base64>", BodyKind.Binary, "AAEC/w==" },
        { "<base64>\nAAEC\n  /w==\n</base64>", BodyKind.Binary, "AAEC/w==" },
        { "<base64/>", BodyKind.Binary, "" },
        { "<nil/>", BodyKind.Json, "null" },
        { "<nil></nil>", BodyKind.Json, "null" },
        { "<ex:nil xmlns:ex='http://ws.apache.org/xmlrpc/namespaces/extensions'/>", BodyKind.Json, "null" },
        { "<dateTime.iso8601>19980717T14:08:55</dateTime.iso8601>", BodyKind.Text, "19980717T14:08:55" },
        { "<dateTime.iso8601> 1998-07-17T14:08:55Z </dateTime.iso8601>", BodyKind.Text, "1998-07-17T14:08:55Z" },
        { "<array><data/></array>", BodyKind.Json, "[]" },
        { "<struct/>", BodyKind.Json, "{}" },
        { "<struct></struct>", BodyKind.Json, "{}" },
        {
            """
            <struct>
              <member><name>a "b"</name><value>text</value></member>
              <member><name>é</name><value><array><data>
                <value><int>1</int></value><value><double>2</double></value><value><boolean>0</boolean></value><value><nil/></value>
                <value><base64>AAEC/w==</base64></value><value><dateTime.iso8601>19980717T14:08:55</dateTime.iso8601></value><value/>
                <value><struct/></value>
              </data></array></value></member>
            </struct>
            """,
            BodyKind.Json, """{"a \"b\"":"text","é":[1,2.0,false,null,"AAEC/w==","19980717T14:08:55","",{}]}"""
        },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void TryRead_Value_ReturnsMessageBody(string value, BodyKind kind, string expected)
    {
        var parameter = Read($"{Lead}<methodCall><methodName>m</methodName><params><param><value>{value}</value></param></params></methodCall>")
            .Parameters.Should().ContainSingle().Subject;
        parameter.Kind.Should().Be(kind);
        parameter.ToString().Should().Be(expected);
        parameter.ContentType.Should().BeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("<params/>")]
    [InlineData("<params></params>")]
    [InlineData("<!-- none --> <params> </params> ")]
    public void TryRead_NoParameters_ReturnsEmptyList(string parameters)
    {
        var call = Read($"<methodCall>\n<methodName> system.listMethods </methodName>\n{parameters}</methodCall>\n<!-- end -->\n");
        call.Method.Should().Be("system.listMethods");
        call.Parameters.Should().BeEmpty();
    }

    [Fact]
    public void TryRead_WhitespaceBetweenParameters_KeepsOrder()
    {
        var call = Read(Lead + "\r\n<methodCall>\r\n\t<methodName>set</methodName>\r\n\t<params>\r\n"
            + "\t\t<param>\r\n\t\t\t<value>test</value>\r\n\t\t</param>\r\n\t\t<param><value/></param>\r\n\t\t<param><value><int>1</int></value></param>\r\n"
            + "\t</params>\r\n</methodCall>\r\n");
        call.Method.Should().Be("set");
        call.Parameters.Select(parameter => parameter.ToString()).Should().Equal("test", "", "1");
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("iso-8859-1")]
    [InlineData("windows-1252")]
    [InlineData("utf-32")]
    [InlineData("iso-8859-15")]
    public void TryRead_DeclaredEncoding_IsUsed(string name)
    {
        var encoding = CodePagesEncodingProvider.Instance.GetEncoding(name) ?? Encoding.GetEncoding(name);
        byte[] document = [.. encoding.GetPreamble(), .. encoding.GetBytes(
            $"<?xml version='1.0' encoding='{name}'?><methodCall><methodName>café</methodName></methodCall>")];
        XmlRpcReader.TryRead(document, out var call, out _).Should().BeTrue();
        call!.Method.Should().Be("café");
    }

    [Theory]
    [InlineData("text/xml; charset=windows-1251", "<?xml version='1.0'?>")]
    [InlineData("text/xml; charset=windows-1251", "<?xml version='1.0' encoding='utf-8'?>")]
    [InlineData("text/xml; charset=\"Windows-1251\"", "")]
    [InlineData("text/xml", "<?xml version=\"1.0\" encoding=\"windows-1251\" ?>")]
    public void TryRead_CharsetOfContentType_CountsOverDeclaration(string type, string declaration)
    {
        var encoding = CodePagesEncodingProvider.Instance.GetEncoding("windows-1251")!;
        var document = encoding.GetBytes(declaration + "<methodCall><methodName>да</methodName></methodCall>");
        XmlRpcReader.TryRead(document, out var call, out _, type).Should().BeTrue();
        call!.Method.Should().Be("да");
    }

    [Theory]
    [InlineData("utf-8", 0xFF)]
    [InlineData("us-ascii", 0xE9)]
    [InlineData("shift_jis", 0x82)]
    public void TryRead_BytesNotInCharset_AreNoCall(string name, byte wrong)
    {
        byte[] document = [.. Encoding.ASCII.GetBytes($"<?xml version='1.0' encoding='{name}'?><methodCall><methodName>a"), wrong, .. "</methodName></methodCall>"u8];
        XmlRpcReader.TryRead(document, out _, out var error).Should().BeFalse();
        error.Should().Match($"the document must be text in its charset*{name}");
    }

    [Fact]
    public void TryRead_NestedUpTo64Levels_IsJson() =>
        Read(Call($"<param>{Nested(64)}</param>")).Parameters.Single().ToString().Should().Be(new string('[', 64) + new string(']', 64));

    [Fact]
    public void TryRead_Multicall_ReturnsCalls()
    {
        var call = Read(
            """
            <methodCall><methodName>system.multicall</methodName><params><param><value><array><data>
              <value><struct>
                <member><name>methodName</name><value><string>set</string></value></member>
                <member><name>params</name><value><array><data><value>test</value><value><base64>AAE=</base64></value></data></array></value></member>
              </struct></value>
              <value><struct>
                <member><name>params</name><value><array><data/></array></value></member>
                <member><name>methodName</name><value>system.listMethods</value></member>
              </struct></value>
            </data></array></value></param></params></methodCall>
            """);
        call.Calls!.Select(one => (one.Method, string.Join(' ', one.Parameters.Select(parameter => $"{parameter.Kind}:{parameter}"))))
            .Should().Equal(("set", "Text:test Binary:AAE="), ("system.listMethods", ""));
    }

    private static string Nested(int levels) =>
        string.Concat(Enumerable.Repeat("<value><array><data>", levels)) + string.Concat(Enumerable.Repeat("</data></array></value>", levels));

    public static TheoryData<string, string> NoCalls => new()
    {
        { "", "*well-formed*" },
        { "garbage", "*line 1, position 1" },
        { "<methodCall><methodName>m</methodName>", "*well-formed*" },
        { "<methodCall><methodName>m</methodName></methodCall><methodCall/>", "*well-formed*" },
        { "<methodCall><methodName>m</methodName></methodCall>tail", "*well-formed*" },
        { "<methodCall><methodName>&unknown;</methodName></methodCall>", "*" },
        { "<methodCall><methodName>m&#0;</methodName></methodCall>", "*character*" },
        { "<methodCall><methodName>m&#8;</methodName></methodCall>", "*character*" },
        { "<methodCall><methodName>m&#xD800;</methodName></methodCall>", "*" },
        { "<methodCall><methodName>m&#xFFFE;</methodName></methodCall>", "*character*" },
        { "<methodCall><methodName>m\u0001</methodName></methodCall>", "*well-formed*" },
        { "<methodResponse/>", "the element methodCall *missing" },
        { "<methodCall/>", "the element methodName *missing" },
        { "<methodCall></methodCall>", "the element methodName *missing" },
        { "<methodCall><methodName/></methodCall>", "methodName must have *" },
        { "<methodCall><methodName> </methodName></methodCall>", "methodName must have *" },
        { "<methodCall><methodName><b>m</b></methodName></methodCall>", "methodName must have *" },
        { "<methodCall><methodName>m<b/></methodName></methodCall>", "*must end here*" },
        { $"<methodCall><methodName>{new string('m', 201)}</methodName></methodCall>", "methodName must have *" },
        { "<methodCall>text<methodName>m</methodName></methodCall>", "the element methodName *missing" },
        { "<methodCall><methodName>m</methodName><param/></methodCall>", "the element params *missing" },
        { "<methodCall><methodName>m</methodName><params/><params/></methodCall>", "*must end here*" },
        { "<methodCall><methodName>m</methodName><params>text</params></methodCall>", "*must end here*" },
        { Call("<param/>"), "*element value *missing*" },
        { Call("<param></param>"), "*element value *missing*" },
        { Call("<value>1</value>"), "*element param *missing*" },
        { Call("<param><value>1</value><value>2</value></param>"), "*must end here*" },
        { Call("<param><value>a<string>b</string></value></param>"), "*is both*" },
        { Call("<param><value><string>b</string>a</value></param>"), "*must end here*" },
        { Call("<param><value><string>a</string><string>b</string></value></param>"), "*must end here*" },
        { Call("<param><value><string><b/></string></value></param>"), "*must end here*" },
        { Call("<param><value><nonsense/></value></param>"), "*a value must be a string, int*" },
        { Call("<param><value><nil>1</nil></value></param>"), "a nil must be empty*" },
        { Call("<param><value><array/></value></param>"), "the element data *missing" },
        { Call("<param><value><array><data>text</data></array></value></param>"), "*must end here*" },
        { Call("<param><value><struct><member><value>1</value></member></struct></value></param>"), "the element name *missing" },
        { Call("<param><value><struct><member><name>a</name></member></struct></value></param>"), "the element value *missing" },
        { Call("<param><value><dateTime.iso8601>yesterday</dateTime.iso8601></value></param>"), "*19980717T14:08:55*" },
        { Call($"<param>{Nested(65)}</param>"), "*at most 64 levels*" },
        { Call($"<param>{Nested(20_000)}</param>"), "*at most 64 levels*" },
        { "<?xml version='1.0' encoding='x-nobody-knows'?><methodCall/>", "the charset *known*x-nobody-knows*" },
        { "<?xml version='1.0' encoding='utf-7'?><methodCall/>", "the charset *known*utf-7*" },
        { Call("<param><value><int></int></value></param>"), "*64 bits*" },
        { Call("<param><value><int>1.5</int></value></param>"), "*64 bits*" },
        { Call("<param><value><int>1,000</int></value></param>"), "*64 bits*" },
        { Call("<param><value><int>9223372036854775808</int></value></param>"), "*64 bits*" },
        { Call($"<param><value><i8>{new string('9', 500_000)}</i8></value></param>"), "*64 bits*" },
        { Call("<param><value><double>1e999</double></value></param>"), "*finite*" },
        { Call("<param><value><double>NaN</double></value></param>"), "*finite*" },
        { Call("<param><value><double>Infinity</double></value></param>"), "*finite*" },
        { Call("<param><value><double>one</double></value></param>"), "*finite*" },
        { Call("<param><value><boolean>true</boolean></value></param>"), "*0 or 1*" },
        { Call("<param><value><boolean>2</boolean></value></param>"), "*0 or 1*" },
        { Call("<param><value><base64>no!</base64></value></param>"), "*valid base64*" },
        { Call("<param><value><base64>AAE</base64></value></param>"), "*valid base64*" },
    };

    [Theory]
    [MemberData(nameof(NoCalls))]
    public void TryRead_InvalidCall_ReturnsError(string document, string error) =>
        Refuse(document).Should().Match(error);

    [Theory]
    [InlineData("<!DOCTYPE methodCall>")]
    [InlineData("<!DOCTYPE m SYSTEM 'http://127.0.0.1:1/evil.dtd'>")]
    [InlineData("<!DOCTYPE m [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>")]
    [InlineData("<!DOCTYPE m [<!ENTITY % p SYSTEM 'file:///etc/passwd'>%p;]>")]
    [InlineData("<!DOCTYPE m [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY x '&b;&b;&b;&b;'>]>")]
    public void TryRead_DocumentType_IsRefused(string declaration) =>
        Refuse($"{Lead}{declaration}<methodCall><methodName>&x;</methodName></methodCall>").Should().Contain("document type declaration");

    [Fact]
    public void TryRead_DeepNesting_StopsAt64Levels()
    {
        const int Depth = 200_000;
        var deep = string.Concat(Enumerable.Repeat("<value><array><data>", Depth));
        Refuse($"<methodCall><methodName>m</methodName><params><param>{deep}").Should().Contain("at most 64 levels");
    }

    public static TheoryData<byte[]> NotOfTheEncoding =>
    [
        [.. "<methodCall><methodName>m"u8, 0xC3, 0x28, .. "</methodName></methodCall>"u8],
        // A UTF-8 byte order mark, then invalid UTF-8.
        [0xEF, 0xBB, 0xBF, 0xBF, .. "<methodCall><methodName>m</methodName></methodCall>"u8],
    ];

    [Theory]
    [MemberData(nameof(NotOfTheEncoding))]
    public void TryRead_BytesOutsideEncoding_IsRefused(byte[] document)
    {
        XmlRpcReader.TryRead(document, out _, out var error).Should().BeFalse();
        error.Should().Be("the document must be text in its charset, but has bytes that are not utf-8");
    }

    private static string Call(string parameters) => $"<methodCall><methodName>m</methodName><params>{parameters}</params></methodCall>";

    private static XmlRpcCall Read(string document)
    {
        XmlRpcReader.TryRead(Encoding.UTF8.GetBytes(document), out var call, out var error).Should().BeTrue(because: error);
        return call!;
    }

    private static string Refuse(string document)
    {
        XmlRpcReader.TryRead(Encoding.UTF8.GetBytes(document), out var call, out var error).Should().BeFalse();
        call.Should().BeNull();
        return error!;
    }
}
