internal sealed record Order(int Number, string Item);
