using System.Xml;

namespace RestMq.XmlRpc;

internal static class XmlRpcText
{
    /// <summary>
    /// Returns whether XML 1.0 can carry the text: it has no control characters except tab and line ends, no U+FFFE or
    /// U+FFFF, and no unpaired surrogates.
    /// </summary>
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
