public sealed record Order(int Number);

public sealed class OrderHandler : IMessageHandler<Order>
{
    public Task HandleAsync(MessageContext<Order> context, CancellationToken cancellationToken) => Task.CompletedTask;
}
