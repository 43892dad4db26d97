namespace RestMq;

/// <summary>Verifies which queue names are valid.</summary>
public sealed class QueueNameTests
{
    [Theory]
    [InlineData("test")]
    [InlineData("a")]
    [InlineData("Test")]
    [InlineData("a:b:1")]
    [InlineData("a.b")]
    [InlineData("...")]
    [InlineData("café")]
    [InlineData("日本😀")]
    [InlineData("*?[x]\\^%2F&=+#\"'<>|~")]
    public void TryParse_ValidName_IsKeptUnchanged(string text)
    {
        QueueName.TryParse(text, out var name, out var error).Should().BeTrue();
        error.Should().BeNull();
        name!.Value.Should().Be(text);
        name.ToString().Should().Be(text);
        QueueName.Parse(text).Should().Be(name, "equal names are the same queue");
    }

    [Theory]
    [InlineData(null, "missing")]
    [InlineData("", "missing")]
    [InlineData(".", "'.'")]
    [InlineData("..", "'..'")]
    [InlineData("a/b", "'/'")]
    [InlineData("a,b", "','")]
    [InlineData("{a", "'{'")]
    [InlineData("a}", "'}'")]
    [InlineData("a b", "white space")]
    [InlineData("a\u00a0b", "white space")]
    [InlineData("a\u2028b", "white space")]
    [InlineData("a\tb", "control characters")]
    [InlineData("a\r\nb", "control characters")]
    [InlineData("a\0", "control characters")]
    [InlineData("a\u007f", "control characters")]
    [InlineData("a\u0085", "control characters")]
    public void TryParse_InvalidName_FailsWithAReason(string? text, string says)
    {
        QueueName.TryParse(text, out var name, out var error).Should().BeFalse();
        name.Should().BeNull();
        error.Should().Contain(says);
        FluentActions.Invoking(() => QueueName.Parse(text!)).Should().Throw<FormatException>().WithMessage(error);
    }

    [Theory]
    [InlineData('\ud800')]
    [InlineData('\udc00')]
    public void TryParse_LoneSurrogate_Fails(char half)
    {
        QueueName.TryParse($"a{half}b", out _, out var error).Should().BeFalse();
        error.Should().Contain("surrogate");
    }

    [Theory]
    [InlineData("a", 200, true)]
    [InlineData("a", 201, false)]
    [InlineData("é", 100, true)]
    [InlineData("é", 101, false)]
    [InlineData("😀", 50, true)]
    [InlineData("😀", 51, false)]
    public void TryParse_LongerThan200Utf8Bytes_Fails(string letter, int times, bool fits)
    {
        var text = string.Concat(Enumerable.Repeat(letter, times));

        QueueName.TryParse(text, out _, out var error).Should().Be(fits);
        if (!fits) error.Should().Contain("at most 200 bytes");
    }

    [Fact]
    public void Equals_DifferentCaseOrNormalForm_IsFalse()
    {
        QueueName.Parse("Test").Should().NotBe(QueueName.Parse("test"));
        QueueName.Parse("caf\u00e9").Should().NotBe(QueueName.Parse("cafe\u0301"));
    }
}
