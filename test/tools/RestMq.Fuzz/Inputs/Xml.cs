using System.Security;
using System.Text;

namespace RestMq.Fuzz.Inputs;

/// <summary>Makes calls of XML-RPC, and invalid XML.</summary>
internal static class Xml
{
    public static byte[] Call(Dice dice, string queue)
    {
        var method = dice.OneIn(12) ? dice.Text(10) : dice.Of(
            "get", "set", "add", "take", "del", "len", "system.listMethods", "system.methodHelp", "system.methodSignature", "nope");
        var xml = new StringBuilder();
        if (dice.OneIn(3)) xml.Append(dice.Of("<?xml version=\"1.0\"?>", "<?xml version=\"1.0\" encoding=\"utf-16\"?>", "<?xml version=\"1.1\"?>", "\ufeff", " <?xml version='1.0'?>",
            "<?xml version=\"1.0\" encoding=\"x-none\"?>", "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>"));
        if (dice.OneIn(15)) xml.Append("<!DOCTYPE a [<!ENTITY b \"bb\"><!ENTITY c \"&b;&b;\"><!ENTITY d SYSTEM \"file:///etc/passwd\">]>");
        xml.Append("<methodCall><methodName>").Append(SecurityElement.Escape(method)).Append("</methodName><params>");
        xml.Append(Param($"<string>{SecurityElement.Escape(queue)}</string>"));
        for (var left = dice.Below(3); left > 0; left--) xml.Append(Param(Value(dice, queue, 3)));
        xml.Append("</params></methodCall>");
        if (dice.OneIn(20)) xml.Append(dice.Of("x", "<a/>", "<!-- c -->", "&amp;", "\0"));
        var bytes = (dice.OneIn(30) ? Encoding.Unicode : Encoding.UTF8).GetBytes(xml.ToString());
        return dice.OneIn(3) ? dice.Mutate(bytes) : bytes;
    }

    private static string Param(string value) => $"<param><value>{value}</value></param>";

    private static string Value(Dice dice, string queue, int depth) => dice.Below(depth == 0 ? 11 : 13) switch
    {
        0 => $"<string>{SecurityElement.Escape(Values.Value(dice))}</string>",
        1 => $"<int>{Values.Number(dice)}</int>",
        2 => $"<i4>{dice.Below(100)}</i4>",
        3 => $"<i8>{Values.Number(dice)}</i8>",
        4 => $"<double>{Values.Number(dice)}</double>",
        5 => $"<boolean>{dice.Of("0", "1", "true", "2", "")}</boolean>",
        6 => $"<base64>{(dice.OneIn(3) ? dice.Text(9) : Convert.ToBase64String(dice.Bytes(50)))}</base64>",
        7 => SecurityElement.Escape(Values.Receipt(dice, queue)),
        8 => dice.Of("<nil/>", "<dateTime.iso8601>19980717T14:08:55</dateTime.iso8601>", "<string/>", "<x/>", "<![CDATA[<a>]]>", "&b;", "&#0;", "&#x1F407;", "&#xD800;", "<int>1</string>", ""),
        9 => string.Concat(Enumerable.Repeat("<array><data><value>", dice.Of(5, 100, 1000))),
        10 => $"<string xmlns=\"u\" a=\"{dice.Below(9)}\">v</string>",
        11 => $"<array><data><value>{Value(dice, queue, depth - 1)}</value></data></array>",
        _ => $"<struct><member><name>n</name><value>{Value(dice, queue, depth - 1)}</value></member></struct>",
    };
}
