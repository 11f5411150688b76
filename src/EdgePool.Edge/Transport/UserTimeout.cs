using System.Net.Sockets;

namespace EdgePool.Edge.Transport;

/// <summary>
/// How long TCP may have bytes of a connection that the other side's TCP does not acknowledge, or has no room for, before the system ends it (RFC 5482; TCP_USER_TIMEOUT in tcp(7)). So the loss of a
/// host or a line without a word is noticed after <see cref="StreamTimeouts.UserTimeout"/>, and not after Linux' quarter of an hour.
/// </summary>
internal static class UserTimeout
{
    /// <summary>IPPROTO_TCP.</summary>
    public const int Level = 6;

    /// <summary>TCP_USER_TIMEOUT, an unsigned int of milliseconds.</summary>
    public const int Option = 18;

    /// <summary>Sets it on a socket; on Linux alone, for others have no such option.</summary>
    public static void Set(Socket socket, TimeSpan timeout)
    {
        if (!OperatingSystem.IsLinux())
            return;
        Span<byte> value = stackalloc byte[sizeof(int)];
        BitConverter.TryWriteBytes(value, (int)timeout.TotalMilliseconds);
        socket.SetRawSocketOption(Level, Option, value);
    }
}
