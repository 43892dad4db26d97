using RestMq.Settings;

namespace RestMq;

/// <summary>Verifies how the text of a setting is read as a time.</summary>
public sealed class TimeTextTests
{
    [Theory]
    [InlineData("60", 60)]
    [InlineData("0", 0)]
    [InlineData("0.25", 0.25)]
    [InlineData("-5", -5)]
    [InlineData("00:01", 60)]
    [InlineData("00:00:30", 30)]
    [InlineData("00:00:00.5", 0.5)]
    [InlineData("1.00:00", 86400)]
    [InlineData("1.00:00:01", 86401)]
    [InlineData("-00:00:05", -5)]
    public void TryParse_NumberOrColons_IsRead(string text, double seconds)
    {
        TimeText.TryParse(text, out var time).Should().BeTrue();
        time.Should().Be(TimeSpan.FromSeconds(seconds));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" 60 ")]
    [InlineData("60s")]
    [InlineData("1e9")]
    [InlineData("1,000")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("99999999999999999999")]
    [InlineData("24:00:00")]
    [InlineData("00:60:00")]
    [InlineData("1.5.00:00:00")]
    [InlineData("a while")]
    public void TryParse_OtherText_IsRefused(string? text) => TimeText.TryParse(text, out _).Should().BeFalse();
}
