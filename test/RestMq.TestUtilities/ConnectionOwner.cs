using System.Globalization;
using System.Net;

namespace RestMq.TestUtilities;

/// <summary>
/// Finds the process at the other end of a loopback connection, by <c>/proc</c> of Linux. So a proxy can cut off some
/// processes and not others, although all of them connect from 127.0.0.1.
/// </summary>
public static class ConnectionOwner
{
    /// <summary>Returns whether one of the processes owns this end of a connection.</summary>
    public static bool IsOneOf(IReadOnlyCollection<int> processes, IPEndPoint client) => InodeOf(client) is { } inode && processes.Any(process => Holds(process, inode));

    // The columns of /proc/net/tcp: number, local address, remote address, state, queues, timer, retransmits, uid,
    // timeout, inode.
    private static string? InodeOf(IPEndPoint client)
    {
        var address = BitConverter.ToUInt32(client.Address.MapToIPv4().GetAddressBytes());
        var local = string.Create(CultureInfo.InvariantCulture, $"{address:X8}:{client.Port:X4}");
        // .NET may connect with an IPv6 socket and an IPv4-mapped address, which is listed in the table tcp6.
        return Find("/proc/net/tcp", local) ?? Find("/proc/net/tcp6", $"0000000000000000FFFF0000{local}");
    }

    private static string? Find(string table, string local)
    {
        if (!File.Exists(table))
            throw new PlatformNotSupportedException($"A partition by process needs Linux, but {table} does not exist.");
        return File.ReadLines(table).Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).FirstOrDefault(line => line[1] == local)?[9];
    }

    private static bool Holds(int process, string inode)
    {
        try
        {
            return new DirectoryInfo($"/proc/{process}/fd").EnumerateFiles().Any(file => file.LinkTarget == $"socket:[{inode}]");
        }
        catch (DirectoryNotFoundException)
        {
            return false; // The process has ended.
        }
    }
}
