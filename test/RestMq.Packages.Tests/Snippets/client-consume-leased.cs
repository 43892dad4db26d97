IRestMqClient queues = null!;
var cancellationToken = CancellationToken.None;
// the snippet
public sealed record Order(string Customer);
