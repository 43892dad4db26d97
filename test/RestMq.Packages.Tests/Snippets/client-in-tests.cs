IRestMqClient client = null!;
// the snippet
public sealed record Order(int Id, string Customer);
