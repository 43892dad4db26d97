using System.Text;

namespace RestMq;

/// <summary>Verifies which kind a body gets, and that its bytes stay unchanged.</summary>
public sealed class MessageBodyTests
{
    [Fact]
    public void FromText_AnyText_IsKeptAsUtf8()
    {
        var body = MessageBody.FromText("é😀\r\n");

        (body.Kind, body.ContentType, body.RawContentType).Should().Be((BodyKind.Text, null, "text/plain; charset=utf-8"));
        body.Bytes.ToArray().Should().Equal(Encoding.UTF8.GetBytes("é😀\r\n"));
        body.ToString().Should().Be("é😀\r\n");
    }

    [Fact]
    public void FromBytes_GivenMemory_IsNotCopied()
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
    [InlineData("""{"pair":"\ud83d\ude00","escaped":"\\ud83d"}""")]
    public void FromJson_ValidJson_IsKeptByteForByte(string json)
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
    [InlineData("""{"high":"\ud83d"}""")]
    [InlineData("""{"high":"\ud83d and more"}""")]
    [InlineData("""{"low":"\uDE00"}""")]
    [InlineData("""{"reversed":"\ude00\ud83d"}""")]
    [InlineData("""{"two high":"\ud83d\ud83d\ude00"}""")]
    [InlineData("""{"after an escape":"\\\ud83d"}""")]
    [InlineData("""{"\ud83d":"a name"}""")]
    public void FromJson_NotOneJsonValue_Throws(string json) =>
        FluentActions.Invoking(() => MessageBody.FromJson(Encoding.UTF8.GetBytes(json))).Should().Throw<FormatException>();

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void FromJson_NestedDeeperThan64Levels_Throws(int levels, bool fits)
    {
        var read = FluentActions.Invoking(() => MessageBody.FromJson(Encoding.UTF8.GetBytes(new string('[', levels) + new string(']', levels))));

        if (fits) read.Should().NotThrow(); else read.Should().Throw<FormatException>();
    }

    [Fact]
    public void FromJson_NotUtf8_Throws() =>
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
    [InlineData("text/plain; charset=", BodyKind.Text, "text/plain; charset=")]
    [InlineData("text/plain; charset=utf8", BodyKind.Text, "text/plain; charset=utf8")]
    [InlineData("text/plain; charset=\"utf-8\"; a=b", BodyKind.Text, "text/plain; charset=\"utf-8\"; a=b")]
    [InlineData("text/plain;charset = UTF8 ", BodyKind.Text, "text/plain;charset = UTF8 ")]
    [InlineData("text/plain; charset=unicode-1-1-utf-8", BodyKind.Text, "text/plain; charset=unicode-1-1-utf-8")]
    [InlineData("text/plain; charset=us-ascii", BodyKind.Text, "text/plain; charset=us-ascii")]
    [InlineData("text/plain; format=flowed", BodyKind.Text, "text/plain; format=flowed")]
    [InlineData("text/plain; xcharset=koi8-r; y=\"; charset=koi8-r\"", BodyKind.Text, "text/plain; xcharset=koi8-r; y=\"; charset=koi8-r\"")]
    [InlineData("text/plain; charset=iso-8859-1", BodyKind.Text, "text/plain; charset=utf-8")]
    [InlineData("text/plain; a=b; Charset=\"Windows-1251\"; c=d", BodyKind.Text, "text/plain; a=b; Charset=\"utf-8\"; c=d")]
    [InlineData("text/plain; charset=x-nobody-knows", BodyKind.Binary, "text/plain; charset=x-nobody-knows")]
    [InlineData("text/plain; charset=utf-7", BodyKind.Binary, "text/plain; charset=utf-7")]
    [InlineData("application/octet-stream", BodyKind.Binary, "application/octet-stream")]
    [InlineData("application/jsonp", BodyKind.Binary, "application/jsonp")]
    [InlineData("image/png", BodyKind.Binary, "image/png")]
    [InlineData(null, BodyKind.Binary, null)]
    public void FromRequest_ContentType_DecidesTheKind(string? type, BodyKind kind, string? kept)
    {
        var body = MessageBody.FromRequest("[1]"u8.ToArray(), type);

        (body.Kind, body.ContentType).Should().Be((kind, kept));
        body.RawContentType.Should().Be(kept ?? (kind == BodyKind.Json ? "application/json" : "application/octet-stream"));
        body.Bytes.ToArray().Should().Equal("[1]"u8.ToArray());
    }

    [Theory]
    [InlineData("text/plain", new byte[] { 0xE9 })]
    [InlineData("text/html; charset=utf-8", new byte[] { 0x61, 0xED, 0xA0, 0xBD })]
    [InlineData("text/plain; charset=us-ascii", new byte[] { 0xC3, 0xA9 })]
    [InlineData("text/plain; charset=utf-16", new byte[] { 0x3D, 0xD8 })]
    [InlineData("text/plain; charset=utf-16le", new byte[] { 0x61 })]
    [InlineData("text/plain; charset=shift_jis", new byte[] { 0x82 })]
    public void FromRequest_TextNotInItsCharset_Throws(string type, byte[] bytes) =>
        FluentActions.Invoking(() => MessageBody.FromRequest(bytes, type)).Should().Throw<FormatException>().WithMessage("*charset*octet-stream*");

    [Theory]
    [InlineData("iso-8859-1", "é", new byte[] { 0xE9 })]
    [InlineData("windows-1252", "€", new byte[] { 0x80 })]
    [InlineData("koi8-r", "да", new byte[] { 0xC4, 0xC1 })]
    [InlineData("shift_jis", "日本", new byte[] { 0x93, 0xFA, 0x96, 0x7B })]
    [InlineData("utf-16", "é", new byte[] { 0xFF, 0xFE, 0xE9, 0x00 })]
    [InlineData("utf-16", "é", new byte[] { 0xFE, 0xFF, 0x00, 0xE9 })]
    [InlineData("utf-16be", "é", new byte[] { 0x00, 0xE9 })]
    [InlineData("utf-32", "😀", new byte[] { 0x00, 0xF6, 0x01, 0x00 })]
    public void FromRequest_KnownCharset_IsDecodedToUtf8(string charset, string text, byte[] bytes)
    {
        var body = MessageBody.FromRequest(bytes, $"text/plain; charset={charset}");

        (body.Kind, body.ContentType, body.ToString()).Should().Be((BodyKind.Text, "text/plain; charset=utf-8", text));
    }

    [Fact]
    public void FromRequest_JsonAfterByteOrderMark_SkipsTheMark() =>
        MessageBody.FromRequest("\ufeff{}"u8.ToArray(), "application/json").Bytes.ToArray().Should().Equal("{}"u8.ToArray());

    [Theory]
    [InlineData(0xD83D)]
    [InlineData(0xDE00)]
    public void FromText_HalfOfSurrogatePair_Throws(int unit) =>
        FluentActions.Invoking(() => MessageBody.FromText($"half {(char)unit}")).Should().Throw<FormatException>().WithMessage("*surrogate*");

    [Fact]
    public void FromRequest_InvalidJson_Throws() =>
        FluentActions.Invoking(() => MessageBody.FromRequest("hello"u8.ToArray(), "application/json")).Should().Throw<FormatException>();

    [Theory]
    [InlineData("")]
    [InlineData("x/")]
    [InlineData("png")]
    [InlineData("image/é")]
    [InlineData("image/png\r\nSet-Cookie: a=b")]
    [InlineData("image/\tpng")]
    [InlineData("image/\0")]
    public void ContentType_UnfitForAHeader_Throws(string type)
    {
        FluentActions.Invoking(() => MessageBody.FromBytes(new byte[1], type)).Should().Throw<FormatException>();
        FluentActions.Invoking(() => MessageBody.FromRequest(new byte[1], type)).Should().Throw<FormatException>();
        FluentActions.Invoking(() => MessageBody.FromText("hello").WithContentType(type)).Should().Throw<FormatException>();
    }

    [Fact]
    public void ContentType_LongerThan200Characters_Throws()
    {
        var longest = "a/" + new string('b', 198);

        MessageBody.FromBytes(new byte[1], longest).ContentType.Should().Be(longest);
        FluentActions.Invoking(() => MessageBody.FromBytes(new byte[1], longest + "b")).Should().Throw<FormatException>();
    }

    [Fact]
    public void WithContentType_Null_KeepsTheExistingType()
    {
        var typed = MessageBody.FromText("<p>").WithContentType("text/html");

        (typed.Kind, typed.ContentType).Should().Be((BodyKind.Text, "text/html"));
        typed.WithContentType(null).ContentType.Should().Be("text/html");
    }

    [Fact]
    public void ToString_Binary_IsBase64() =>
        MessageBody.FromBytes(new byte[] { 0, 255, 254, 240 }).ToString().Should().Be("AP/+8A==");
}
