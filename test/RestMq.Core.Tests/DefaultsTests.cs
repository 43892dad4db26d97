namespace RestMq;

public sealed class DefaultsTests
{
    [Fact]
    public void A_result_that_nobody_set_is_not_success()
    {
        default(SettleResult).Should().NotBe(SettleResult.Done);
        default(AddStatus).Should().NotBe(AddStatus.Added);
    }
}
