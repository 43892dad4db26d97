using System.Globalization;
using System.Text.Json;

namespace RestMq.Ledger;

/// <summary>A message of a ledger's producer: who sent it and which of his it is. Its text says so, and how long it is, so that it can be checked.</summary>
internal readonly record struct Entry(int Producer, int Number)
{
    public string Text(int length) => $"{Producer}:{Number}:{length}:".PadRight(length, 'x');
}

/// <summary>A message as a consumer got it.</summary>
/// <param name="Entry">Which it is.</param>
/// <param name="Id">The number in its key: the same message under two keys has been added twice.</param>
/// <param name="Count">Which hand-out it is.</param>
internal readonly record struct Sighting(Entry Entry, long Id, int Count)
{
    /// <summary>Reads a message off the JSON that came; fails unless it is whole and as it was sent.</summary>
    public static Sighting Of(JsonElement message)
    {
        var text = message.GetProperty("value").GetString()!;
        var parts = text.Split(':', 4);
        var entry = new Entry(Number(parts[0]), Number(parts[1]));
        if (text != entry.Text(Number(parts[2]))) throw new InvalidDataException($"A message came changed: {message}");
        return new Sighting(entry, IdOf(message.GetProperty("key").GetString()!), message.GetProperty("count").GetInt32());
    }

    public static long IdOf(string key) => long.Parse(key.AsSpan(key.LastIndexOf(':') + 1), CultureInfo.InvariantCulture);

    /// <summary>The other side of <see cref="ToString"/>.</summary>
    public static Sighting Parse(string line)
    {
        var words = line.Split(' ');
        return new Sighting(new Entry(Number(words[0]), Number(words[1])), long.Parse(words[2], CultureInfo.InvariantCulture), Number(words[3]));
    }

    public override string ToString() => $"{Entry.Producer} {Entry.Number} {Id} {Count}";

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
