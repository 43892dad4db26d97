using System.Xml;

namespace RestMq.XmlRpc;

internal static class XmlRpcText
{
    /// <summary>Whether XML 1.0 can carry the text: no control characters but tab and line ends, no U+FFFE and U+FFFF, no half surrogates.</summary>
    public static bool Fits(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (XmlConvert.IsXmlChar(text[i])) continue;
            if (i + 1 == text.Length || !XmlConvert.IsXmlSurrogatePair(text[i + 1], text[i])) return false;
            i++;
        }
        return true;
    }
}
