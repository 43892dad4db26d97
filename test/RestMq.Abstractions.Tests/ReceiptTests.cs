using System.Globalization;

namespace RestMq;

/// <summary>Verifies how keys and receipts are written and parsed.</summary>
public sealed class ReceiptTests
{
    [Theory]
    [InlineData("test:12.3", "test", 12, 3)]
    [InlineData("a:b:7.1", "a:b", 7, 1)]
    [InlineData("a.b:7.2", "a.b", 7, 2)]
    [InlineData("a:1.2:7.1", "a:1.2", 7, 1)]
    [InlineData("café:9223372036854775807.9223372036854775807", "café", long.MaxValue, long.MaxValue)]
    public void TryParse_WrittenReceipt_RoundTrips(string text, string queue, long id, long fence)
    {
        var receipt = new Receipt(new MessageKey(QueueName.Parse(queue), id), fence);

        receipt.ToString().Should().Be(text);
        Receipt.TryParse(text, out var read).Should().BeTrue();
        read.Should().Be(receipt);
    }

    [Theory]
    [InlineData("test:1", true)]
    [InlineData("a:b:1", true)]
    [InlineData("test:1.1", false)]
    [InlineData("test", false)]
    public void MessageKeyTryParse_ReceiptWithDeliveryNumber_Fails(string text, bool isKey)
    {
        MessageKey.TryParse(text, out var key).Should().Be(isKey);
        if (isKey) key.ToString().Should().Be(text); else key.Should().Be(default(MessageKey));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("test")]
    [InlineData("12")]
    [InlineData(":1")]
    [InlineData("test:")]
    [InlineData("test:0")]
    [InlineData("test:-1")]
    [InlineData("test:+1")]
    [InlineData("test:01")]
    [InlineData("test: 1")]
    [InlineData("test:1 ")]
    [InlineData("test:1x")]
    [InlineData("test:1,000")]
    [InlineData("test:1e3")]
    [InlineData("test:١")]
    [InlineData("test:9223372036854775808")]
    [InlineData("test:1.")]
    [InlineData("test:.1")]
    [InlineData("test:1.0")]
    [InlineData("test:1.01")]
    [InlineData("test:1.-1")]
    [InlineData("test:1.2.3")]
    [InlineData("test:1.9223372036854775808")]
    [InlineData("te st:1")]
    [InlineData("{test}:1")]
    [InlineData("te/st:1.1")]
    public void TryParse_InvalidReceipt_Fails(string? text)
    {
        Receipt.TryParse(text, out var receipt).Should().BeFalse();
        receipt.Should().Be(default(Receipt));
        MessageKey.TryParse(text, out _).Should().BeFalse();
    }

    [Fact]
    public void Receipt_OfADelivery_HoldsItsDeliveryCount()
    {
        var message = new QueueMessage(new MessageKey(QueueName.Parse("test"), 12), MessageBody.FromText("hello"), 3, DateTimeOffset.UnixEpoch);

        message.Receipt.ToString().Should().Be("test:12.3");
    }

    [Fact]
    public void ToString_OtherCulture_IsInvariant()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NegativeSign = "~", NumberGroupSeparator = "'" } };
            new Receipt(new MessageKey(QueueName.Parse("test"), 1234567), 1000).ToString().Should().Be("test:1234567.1000");
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
