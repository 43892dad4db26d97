namespace RestMq.Commands;

/// <summary>A value may be any JSON, and comes back as the JSON it was.</summary>
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
    [InlineData("""{"half":"\ud800"}""")]
    public async Task A_value_comes_back_as_it_was(string value)
    {
        (await AnswerAsync($$"""{"cmd":"add","queue":"test","value":{{value}}}""")).Should().Be($$"""{"queue":"test","value":{{value}},"key":"test:1"}""");
        (await AnswerAsync("""{"cmd":"get","queue":"test"}""")).Should().Be($$"""{"queue":"test","key":"test:1","value":{{value}},"count":1}""");
        (await AnswerAsync("""{"cmd":"take","queue":"test"}""")).Should().Be($$"""{"queue":"test","key":"test:1","value":{{value}},"count":2}""");
    }

    [Theory]
    [InlineData("\"\\u0041\\u00e9\\/\"", "\"Aé/\"")]
    [InlineData("\"😀\"", "\"\\uD83D\\uDE00\"")]
    [InlineData("\"\\u0000\\u001f\\u007f\\u2028\"", "\"\\u0000\\u001F\\u007F\\u2028\"")]
    public async Task A_text_comes_back_as_the_same_text_however_it_was_escaped(string value, string back)
    {
        (await AnswerAsync($$"""{"cmd":"add","queue":"test","value":{{value}}}""")).Should().Be($$"""{"queue":"test","value":{{back}},"key":"test:1"}""");
    }

    [Theory]
    [InlineData("\n", "")]
    [InlineData("\r\n", "")]
    [InlineData("\n  ", "  ")]
    [InlineData("\t", "\t")]
    public async Task Pretty_printed_JSON_comes_back_on_one_line(string space, string left)
    {
        var command = "{#\"cmd\":\"add\",#\"queue\":\"test\",#\"value\":{#\"a\":#[1,#2],#\"b\":\"x\\ny\"#}#}".Replace("#", space);

        (await AnswerAsync(command)).Should().Be("{\"queue\":\"test\",\"value\":{#\"a\":#[1,#2],#\"b\":\"x\\ny\"#},\"key\":\"test:1\"}".Replace("#", left));
    }

    [Fact]
    public async Task Binary_comes_back_as_base64_with_its_type()
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
    public async Task A_text_or_JSON_keeps_a_type_of_its_own(string value, string type)
    {
        (await AnswerAsync($$"""{"cmd":"add","queue":"test","value":{{value}},"type":"{{type}}"}""")).Should().Be($$"""{"queue":"test","value":{{value}},"type":"{{type}}","key":"test:1"}""");
        (await AnswerAsync("""{"cmd":"take","queue":"test"}""")).Should().Be($$"""{"queue":"test","key":"test:1","value":{{value}},"type":"{{type}}","count":1}""");
    }

    [Fact]
    public async Task Of_a_field_that_comes_twice_the_last_counts()
    {
        (await AnswerAsync("""{"cmd":"purge","queue":"other","value":1,"cmd":"add","queue":"test","value":2}""")).Should().Be("""{"queue":"test","value":2,"key":"test:1"}""");
    }
}
