using System.Security;
using System.Text;

namespace RestMq.Fuzz.Inputs;

/// <summary>Makes calls of XML-RPC, and invalid XML.</summary>
internal static class Xml
{
    public static byte[] Call(SeededRandom random, string queue)
    {
        var method = random.OneIn(12) ? random.Text(10) : random.Of(
            "get", "set", "add", "take", "del", "len", "system.listMethods", "system.methodHelp", "system.methodSignature", "nope");
        var xml = new StringBuilder();
        if (random.OneIn(3)) xml.Append(random.Of("<?xml version=\"1.0\"?>", "<?xml version=\"1.0\" encoding=\"utf-16\"?>", "<?xml version=\"1.1\"?>", "\ufeff", " <?xml version='1.0'?>",
            "<?xml version=\"1.0\" encoding=\"x-none\"?>", "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>"));
        if (random.OneIn(15)) xml.Append("<!DOCTYPE a [<!ENTITY b \"bb\"><!ENTITY c \"&b;&b;\"><!ENTITY d SYSTEM \"file:///etc/passwd\">]>");
        xml.Append("<methodCall><methodName>").Append(SecurityElement.Escape(method)).Append("</methodName><params>");
        xml.Append(Param($"<string>{SecurityElement.Escape(queue)}</string>"));
        for (var left = random.Below(3); left > 0; left--) xml.Append(Param(Value(random, queue, 3)));
        xml.Append("</params></methodCall>");
        if (random.OneIn(20)) xml.Append(random.Of("x", "<a/>", "<!-- c -->", "&amp;", "\0"));
        var bytes = (random.OneIn(30) ? Encoding.Unicode : Encoding.UTF8).GetBytes(xml.ToString());
        return random.OneIn(3) ? random.Mutate(bytes) : bytes;
    }

    private static string Param(string value) => $"<param><value>{value}</value></param>";

    private static string Value(SeededRandom random, string queue, int depth) => random.Below(depth == 0 ? 11 : 13) switch
    {
        0 => $"<string>{SecurityElement.Escape(Values.Value(random))}</string>",
        1 => $"<int>{Values.Number(random)}</int>",
        2 => $"<i4>{random.Below(100)}</i4>",
        3 => $"<i8>{Values.Number(random)}</i8>",
        4 => $"<double>{Values.Number(random)}</double>",
        5 => $"<boolean>{random.Of("0", "1", "true", "2", "")}</boolean>",
        6 => $"<base64>{(random.OneIn(3) ? random.Text(9) : Convert.ToBase64String(random.Bytes(50)))}</base64>",
        7 => SecurityElement.Escape(Values.Receipt(random, queue)),
        8 => random.Of("<nil/>", "<dateTime.iso8601>19980717T14:08:55</dateTime.iso8601>", "<string/>", "<x/>", "<![CDATA[<a>]]>", "&b;", "&#0;", "&#x1F407;", "&#xD800;", "<int>1</string>", ""),
        9 => string.Concat(Enumerable.Repeat("<array><data><value>", random.Of(5, 100, 1000))),
        10 => $"<string xmlns=\"u\" a=\"{random.Below(9)}\">v</string>",
        11 => $"<array><data><value>{Value(random, queue, depth - 1)}</value></data></array>",
        _ => $"<struct><member><name>n</name><value>{Value(random, queue, depth - 1)}</value></member></struct>",
    };
}
