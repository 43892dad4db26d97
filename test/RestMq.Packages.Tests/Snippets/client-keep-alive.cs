IRestMqClient queues = null!;
var cancellationToken = CancellationToken.None;
Task PackAsync(Order order, CancellationToken lost) => Task.CompletedTask;
// the snippet
public sealed record Order(int Id, string Customer);
