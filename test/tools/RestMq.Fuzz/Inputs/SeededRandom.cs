using System.Text;

namespace RestMq.Fuzz.Inputs;

/// <summary>
/// Makes random choices from a seed and the number of the input, so that each input can be made again by itself.
/// </summary>
internal sealed class SeededRandom(int seed, long number)
{
    private readonly Random _random = new(unchecked((int)((((ulong)seed * 0x9E3779B97F4A7C15uL) ^ ((ulong)number * 0xBF58476D1CE4E5B9uL)) >> 32)));

    /// <summary>Gets the number of the input.</summary>
    public long Number => number;

    public int Below(int most) => _random.Next(most);

    /// <summary>Returns true once in so many times, on average.</summary>
    public bool OneIn(int times) => _random.Next(times) == 0;

    public T Of<T>(params ReadOnlySpan<T> choices) => choices[_random.Next(choices.Length)];

    public byte[] Bytes(int most)
    {
        var bytes = new byte[_random.Next(most)];
        _random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>Returns text of characters that cause trouble somewhere.</summary>
    public string Text(int most)
    {
        const string Trouble = "aZ09 .,:;/\\'\"<>&%+=?#{}[]()*|~^`$@!_-\t\r\n\0\u007f\u0085\u00a0é日\u2028\u202e\ufeff\ufffd\uffff";
        var text = new StringBuilder();
        for (var left = _random.Next(most); left > 0; left--)
        {
            if (OneIn(40)) text.Append("🐇"); else text.Append(Trouble[_random.Next(Trouble.Length)]);
        }
        return text.ToString();
    }

    /// <summary>
    /// Returns the bytes after some changes: bits are flipped, and pieces are removed, doubled, moved or inserted.
    /// </summary>
    public byte[] Mutate(byte[] bytes)
    {
        var result = new List<byte>(bytes);
        for (var left = 1 + Below(4); left > 0 && result.Count > 0; left--)
        {
            var at = Below(result.Count);
            var length = Math.Min(1 + Below(OneIn(3) ? 40 : 4), result.Count - at);
            switch (Below(7))
            {
                case 0: result[at] ^= (byte)(1 << Below(8)); break;
                case 1: result[at] = (byte)Below(256); break;
                case 2: result.RemoveRange(at, length); break;
                case 3: result.InsertRange(at, result.GetRange(at, length)); break;
                case 4: result.InsertRange(at, Bytes(8)); break;
                case 5: result.InsertRange(at, Encoding.UTF8.GetBytes(Text(6))); break;
                default:
                    var piece = result.GetRange(at, length);
                    result.RemoveRange(at, length);
                    result.InsertRange(Below(result.Count + 1), piece);
                    break;
            }
        }
        return [.. result];
    }
}
