namespace RestMq.Commands;

/// <summary>Verifies that a value may be any JSON and is returned as the same JSON.</summary>
public sealed partial class CommandDispatcherTests
{
    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"42\"")]
    [InlineData("\"null\"")]
    [InlineData("\"a \\\"quoted\\\" \\\\ and\\nbroken\\tline\"")]
    [InlineData("\"<b>&amp;'é日本</b>\"")]
    [InlineData("42")]
    [InlineData("-0")]
    [InlineData("0.10")]
    [InlineData("1e400")]
    [InlineData("1E-7")]
    [InlineData("12345678901234567890123")]
    [InlineData("9007199254740993")]
    [InlineData("true")]
    [InlineData("false")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""[1,[2,[3,{"a":[null]}]]]""")]
    [InlineData("""{"b":1,"a":2,"b":3}""")]
    [InlineData("""{ "spaced" : [ 1 ,  2 ] }""")]
    [InlineData("""{"cmd":"purge","queue":"test"}""")]
    [InlineData("""{"escaped":"\u00e9\/\ud83d\ude00"}""")]
    public async Task Value_AnyJson_RoundTripsUnchanged(string value)
    {
        (await AnswerAsync($$"""{"cmd":"add","queue":"test","value":{{value}}}""")).Should().Be($$"""{"queue":"test","value":{{value}},"key":"test:1"}""");
        (await AnswerAsync("""{"cmd":"get","queue":"test"}""")).Should().Be($$"""{"queue":"test","key":"test:1","value":{{value}},"count":1}""");
        (await AnswerAsync("""{"cmd":"take","queue":"test"}""")).Should().Be($$"""{"queue":"test","key":"test:1","value":{{value}},"count":2}""");
    }

    [Theory]
    [InlineData("\"\\u0041\\u00e9\\/\"", "\"Aé/\"")]
    [InlineData("\"😀\"", "\"\\uD83D\\uDE00\"")]
    [InlineData("\"\\u0000\\u001f\\u007f\\u2028\"", "\"\\u0000\\u001F\\u007F\\u2028\"")]
    public async Task Value_EscapedText_RoundTripsAsTheSameText(string value, string back)
    {
        (await AnswerAsync($$"""{"cmd":"add","queue":"test","value":{{value}}}""")).Should().Be($$"""{"queue":"test","value":{{back}},"key":"test:1"}""");
    }

    [Theory]
    [InlineData("\n", "")]
    [InlineData("\r\n", "")]
    [InlineData("\n  ", "  ")]
    [InlineData("\t", "\t")]
    public async Task Value_PrettyPrintedJson_IsRepliedOnOneLine(string space, string left)
    {
        var command = "{#\"cmd\":\"add\",#\"queue\":\"test\",#\"value\":{#\"a\":#[1,#2],#\"b\":\"x\\ny\"#}#}".Replace("#", space);

        (await AnswerAsync(command)).Should().Be("{\"queue\":\"test\",\"value\":{#\"a\":#[1,#2],#\"b\":\"x\\ny\"#},\"key\":\"test:1\"}".Replace("#", left));
    }

    [Fact]
    public async Task Value_Binary_RoundTripsAsBase64WithItsType()
    {
        const string Value = "\"value\":\"AP/+8A==\",\"encoding\":\"base64\"";

        (await AnswerAsync($$"""{"cmd":"add","queue":"test",{{Value}},"type":"image/png"}""")).Should().Be($$"""{"queue":"test",{{Value}},"type":"image/png","key":"test:1"}""");
        (await AnswerAsync($$"""{"cmd":"add","queue":"test",{{Value}}}""")).Should().Be($$"""{"queue":"test",{{Value}},"key":"test:2"}""");
        (await AnswerAsync("""{"cmd":"add","queue":"test","value":"","encoding":"base64"}""")).Should().Be("""{"queue":"test","value":"","encoding":"base64","key":"test:3"}""");
        (await AnswerAsync("""{"cmd":"take","queue":"test"}""")).Should().Be($$"""{"queue":"test","key":"test:1",{{Value}},"type":"image/png","count":1}""");
    }

    [Theory]
    [InlineData("\"<p>hello</p>\"", "text/html")]
    [InlineData("{\"a\":1}", "application/vnd.order+json")]
    public async Task Value_TextOrJsonWithType_KeepsTheType(string value, string type)
    {
        (await AnswerAsync($$"""{"cmd":"add","queue":"test","value":{{value}},"type":"{{type}}"}""")).Should().Be($$"""{"queue":"test","value":{{value}},"type":"{{type}}","key":"test:1"}""");
        (await AnswerAsync("""{"cmd":"take","queue":"test"}""")).Should().Be($$"""{"queue":"test","key":"test:1","value":{{value}},"type":"{{type}}","count":1}""");
    }

    [Fact]
    public async Task Dispatch_DuplicateField_LastOneCounts()
    {
        (await AnswerAsync("""{"cmd":"purge","queue":"other","value":1,"cmd":"add","queue":"test","value":2}""")).Should().Be("""{"queue":"test","value":2,"key":"test:1"}""");
    }
}
