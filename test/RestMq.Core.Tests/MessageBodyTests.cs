using System.Text;

namespace RestMq;

/// <summary>What bytes are taken for, and that they stay what they were.</summary>
public sealed class MessageBodyTests
{
    [Fact]
    public void A_text_is_kept_in_UTF_8()
    {
        var body = MessageBody.FromText("é😀\r\n");

        (body.Kind, body.ContentType, body.RawContentType).Should().Be((BodyKind.Text, null, "text/plain; charset=utf-8"));
        body.Bytes.ToArray().Should().Equal(Encoding.UTF8.GetBytes("é😀\r\n"));
        body.ToString().Should().Be("é😀\r\n");
    }

    [Fact]
    public void Bytes_given_are_kept_not_copied()
    {
        var bytes = "[1]"u8.ToArray();
        foreach (var body in new[] { MessageBody.FromUtf8(bytes), MessageBody.FromBytes(bytes), MessageBody.FromJson(bytes), MessageBody.FromRequest(bytes, null) })
            body.Bytes.Equals(bytes.AsMemory()).Should().BeTrue();
    }

    [Theory]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("\"text\"")]
    [InlineData(" [1, 2 ]\n")]
    [InlineData("-12.5e400")]
    [InlineData("12345678901234567890123")]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""{"half":"\ud800"}""")]
    public void JSON_is_kept_byte_for_byte(string json)
    {
        var body = MessageBody.FromJson(Encoding.UTF8.GetBytes(json));

        (body.Kind, body.ContentType, body.RawContentType).Should().Be((BodyKind.Json, null, "application/json"));
        body.ToString().Should().Be(json);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("hello")]
    [InlineData("{")]
    [InlineData("[1] [2]")]
    [InlineData("[1,]")]
    [InlineData("// no\n1")]
    [InlineData("NaN")]
    [InlineData("01")]
    [InlineData("\ufeff1")]
    [InlineData("\"line\nbreak\"")]
    public void What_is_not_one_JSON_value_is_refused(string json) =>
        FluentActions.Invoking(() => MessageBody.FromJson(Encoding.UTF8.GetBytes(json))).Should().Throw<FormatException>();

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void JSON_has_at_most_64_levels(int levels, bool fits)
    {
        var read = FluentActions.Invoking(() => MessageBody.FromJson(Encoding.UTF8.GetBytes(new string('[', levels) + new string(']', levels))));

        if (fits) read.Should().NotThrow(); else read.Should().Throw<FormatException>();
    }

    [Fact]
    public void JSON_that_is_not_UTF_8_is_refused() =>
        FluentActions.Invoking(() => MessageBody.FromJson((byte[])[(byte)'"', 0xFF, (byte)'"'])).Should().Throw<FormatException>();

    [Theory]
    [InlineData("application/json", BodyKind.Json, null)]
    [InlineData("Application/JSON", BodyKind.Json, "Application/JSON")]
    [InlineData("application/json; charset=utf-8", BodyKind.Json, "application/json; charset=utf-8")]
    [InlineData("application/problem+json", BodyKind.Json, "application/problem+json")]
    [InlineData("application/problem+JSON ; a=b", BodyKind.Json, "application/problem+JSON ; a=b")]
    [InlineData("text/plain", BodyKind.Text, "text/plain")]
    [InlineData("TEXT/html; charset=UTF-8", BodyKind.Text, "TEXT/html; charset=UTF-8")]
    [InlineData("text/csv; charset=us-ascii; header=present", BodyKind.Text, "text/csv; charset=us-ascii; header=present")]
    [InlineData("text/plain; charset=iso-8859-1", BodyKind.Binary, "text/plain; charset=iso-8859-1")]
    [InlineData("application/octet-stream", BodyKind.Binary, "application/octet-stream")]
    [InlineData("application/jsonp", BodyKind.Binary, "application/jsonp")]
    [InlineData("image/png", BodyKind.Binary, "image/png")]
    [InlineData(null, BodyKind.Binary, null)]
    public void A_request_s_content_type_says_what_its_body_is(string? type, BodyKind kind, string? kept)
    {
        var body = MessageBody.FromRequest("[1]"u8.ToArray(), type);

        (body.Kind, body.ContentType).Should().Be((kind, kept));
        body.RawContentType.Should().Be(kept ?? (kind == BodyKind.Json ? "application/json" : "application/octet-stream"));
        body.Bytes.ToArray().Should().Equal("[1]"u8.ToArray());
    }

    [Fact]
    public void A_text_that_is_not_UTF_8_is_binary() =>
        MessageBody.FromRequest((byte[])[0xE9], "text/plain").Kind.Should().Be(BodyKind.Binary);

    [Fact]
    public void A_request_that_says_JSON_and_is_not_is_refused() =>
        FluentActions.Invoking(() => MessageBody.FromRequest("hello"u8.ToArray(), "application/json")).Should().Throw<FormatException>();

    [Theory]
    [InlineData("")]
    [InlineData("x/")]
    [InlineData("png")]
    [InlineData("image/é")]
    [InlineData("image/png\r\nSet-Cookie: a=b")]
    [InlineData("image/\tpng")]
    [InlineData("image/\0")]
    public void A_content_type_fits_a_header_and_a_line_of_the_store(string type)
    {
        FluentActions.Invoking(() => MessageBody.FromBytes(new byte[1], type)).Should().Throw<FormatException>();
        FluentActions.Invoking(() => MessageBody.FromRequest(new byte[1], type)).Should().Throw<FormatException>();
        FluentActions.Invoking(() => MessageBody.FromText("hello").WithContentType(type)).Should().Throw<FormatException>();
    }

    [Fact]
    public void A_content_type_has_at_most_200_characters()
    {
        var longest = "a/" + new string('b', 198);

        MessageBody.FromBytes(new byte[1], longest).ContentType.Should().Be(longest);
        FluentActions.Invoking(() => MessageBody.FromBytes(new byte[1], longest + "b")).Should().Throw<FormatException>();
    }

    [Fact]
    public void A_body_takes_a_content_type_and_keeps_the_one_it_has()
    {
        var typed = MessageBody.FromText("<p>").WithContentType("text/html");

        (typed.Kind, typed.ContentType).Should().Be((BodyKind.Text, "text/html"));
        typed.WithContentType(null).ContentType.Should().Be("text/html");
    }

    [Fact]
    public void Binary_as_text_is_base64() => MessageBody.FromBytes(new byte[] { 0, 255, 254, 240 }).ToString().Should().Be("AP/+8A==");
}
