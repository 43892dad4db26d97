using System.Xml.Linq;

namespace RestMq.EndToEnd.BadInput;

/// <summary>Tests invalid XML-RPC calls.</summary>
public abstract partial class BadInputTests
{
    public static TheoryData<string> BadDocuments() =>
    [
        "", "garbage", "<methodCall>", "<html></html>", "<?xml version='1.0'?>", "{\"cmd\":\"get\"}",
        "<methodCall><params/></methodCall>",
        Call("set", "<param><value><string>{q}</string></value></param>"),
        Call("set", "<param><value><string>a b</string></value></param><param><value>x</value></param>"),
        Call("set", "<param><value><int>7</int></value></param><param><value>x</value></param>"),
        Call("set", "<param><value><string>{q}</string></value></param><param><value><int>one</int></value></param>"),
        Call("set", "<param><value><string>{q}</string></value></param><param><value><base64>!</base64></value></param>"),
        Call("set", "<param><value><string>{q}</string></value></param><param><value><double>NaN</double></value></param>"),
        Call("set", "<param><value><string>{q}</string></value></param><param><value><nonsense>1</nonsense></value></param>"),
        Call("get", ""),
        Call("del", "<param><value><string>{q}</string></value></param>"),
        "<!DOCTYPE m [<!ENTITY a \"b\">]>" + Call("set", "<param><value>{q}</value></param><param><value>&a;</value></param>"),
        "<!DOCTYPE m [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>" + Call("set", "<param><value>{q}</value></param><param><value>&a;</value></param>"),
        "<!DOCTYPE m SYSTEM \"http://127.0.0.1:1/x.dtd\">" + Call("set", "<param><value>{q}</value></param><param><value>x</value></param>"),
        "<!DOCTYPE m [" + string.Concat(Enumerable.Range(1, 30).Select(i => $"<!ENTITY a{i} \"&a{i - 1};&a{i - 1};\">")) + "<!ENTITY a0 \"ha\">]>"
            + Call("set", "<param><value>{q}</value></param><param><value>&a30;</value></param>"),
        Call("set", "<param><value>{q}</value></param><param><value>&#0;</value></param>"),
        string.Concat(Enumerable.Repeat("<a>", 100_000)),
    ];

    [Theory]
    [MemberData(nameof(BadDocuments))]
    public Task XmlRpc_InvalidCall_ReturnsFault(string document) =>
        ChangesNothingAsync(async queue => FaultOf(await Host.AskAsync("POST /xmlrpc", document.Replace("{q}", queue), Xml)).Code.Should().Be(8002));

    [Fact]
    public Task XmlRpc_UnknownMethod_ReturnsFault() =>
        ChangesNothingAsync(async _ => FaultOf(await Host.AskAsync("POST /xmlrpc", Call("nope", ""), Xml)).Should().Be((8001, "function nope not found")));

    private static string Call(string method, string parameters) =>
        $"<methodCall><methodName>{method}</methodName><params>{parameters}</params></methodCall>";

    private static (int Code, string Text) FaultOf(RawReply reply)
    {
        reply.Is(200).MediaType.Should().Be("text/xml");
        var members = XDocument.Parse(reply.Text).Root!.Element("fault")!.Descendants("member").ToDictionary(m => m.Element("name")!.Value, m => m.Element("value")!.Value);
        members["faultString"].Should().NotBeNullOrWhiteSpace().And.NotContain("Exception").And.NotContain("root:");
        return (int.Parse(members["faultCode"]), members["faultString"]);
    }
}
