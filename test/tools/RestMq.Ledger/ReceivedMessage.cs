using System.Globalization;
using System.Text.Json;

namespace RestMq.Ledger;

/// <summary>
/// Identifies a message by its producer and its number. The text of the message holds both, and its length, so that a
/// consumer can check the text.
/// </summary>
internal readonly record struct Entry(int Producer, int Number)
{
    public string Text(int length) => $"{Producer}:{Number}:{length}:".PadRight(length, 'x');
}

/// <summary>Describes a message as a consumer received it.</summary>
/// <param name="Entry">The producer and the number of the message.</param>
/// <param name="Id">The number in the message's key. A message under two keys has been added twice.</param>
/// <param name="Count">The delivery count.</param>
internal readonly record struct ReceivedMessage(Entry Entry, long Id, int Count)
{
    /// <summary>Reads a message from its JSON. Throws unless the message is whole and as it was sent.</summary>
    public static ReceivedMessage Of(JsonElement message)
    {
        var text = message.GetProperty("value").GetString()!;
        var parts = text.Split(':', 4);
        var entry = new Entry(Number(parts[0]), Number(parts[1]));
        if (text != entry.Text(Number(parts[2])))
            throw new InvalidDataException($"A message must arrive as it was sent, but was: {message}");
        return new ReceivedMessage(entry, IdOf(message.GetProperty("key").GetString()!), message.GetProperty("count").GetInt32());
    }

    public static long IdOf(string key) => long.Parse(key.AsSpan(key.LastIndexOf(':') + 1), CultureInfo.InvariantCulture);

    /// <summary>Parses the format of <see cref="ToString"/>.</summary>
    public static ReceivedMessage Parse(string line)
    {
        var words = line.Split(' ');
        return new ReceivedMessage(new Entry(Number(words[0]), Number(words[1])), long.Parse(words[2], CultureInfo.InvariantCulture), Number(words[3]));
    }

    public override string ToString() => $"{Entry.Producer} {Entry.Number} {Id} {Count}";

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
