using System.Buffers.Binary;
using System.Numerics;

namespace RestMq.Wire;

/// <summary>
/// Computes the fingerprint of a message, which shows that an idempotency key was used with another message. It is a
/// CRC-32C, which processors compute, so that a store keeps only 4 bytes with each key. Of 4 billion mistakes it misses
/// one, which is then a duplicate.
/// </summary>
internal static class Fingerprint
{
    public static uint Of(MessageBody body)
    {
        var crc = BitOperations.Crc32C(uint.MaxValue, (byte)body.Kind);
        foreach (var c in body.ContentType ?? "") crc = BitOperations.Crc32C(crc, (ushort)c);
        var bytes = body.Bytes.Span;
        crc = BitOperations.Crc32C(crc, (uint)bytes.Length);
        // Little-endian, so that all hosts of a store get the same.
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..]) crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var b in bytes) crc = BitOperations.Crc32C(crc, b);
        return crc;
    }
}
