IRestMqClient queues = null!;
var cancellationToken = CancellationToken.None;
// the snippet
public sealed record Order(int Id, string Customer);
