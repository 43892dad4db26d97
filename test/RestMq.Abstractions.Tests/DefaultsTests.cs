namespace RestMq;

/// <summary>Verifies that the default value of a result is not a success.</summary>
public sealed class DefaultsTests
{
    [Fact]
    public void Results_DefaultValue_IsNotSuccess()
    {
        default(SettleResult).Should().NotBe(SettleResult.Done);
        default(AddStatus).Should().NotBe(AddStatus.Added);
    }
}
