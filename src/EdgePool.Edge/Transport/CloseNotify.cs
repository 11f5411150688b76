using System.Net.Security;
using System.Reflection;

namespace EdgePool.Edge.Transport;

/// <summary>TLS's farewell, <c>close_notify</c> (RFC 8446 section 6.1), which may be sent while the stream is being read.</summary>
/// <remarks>
/// <see cref="SslStream.ShutdownAsync"/> works on the connection's OpenSSL object, reading included, without the lock that reading and writing take, and two at once
/// corrupt the heap of the whole process: within seconds, measured with glibc's checks and a peer that goes on sending. So it begins under that lock, which the platform
/// keeps to itself. Where the lock cannot be had, the farewell is left out: the end of the XML stream and of the connection say the same.
/// </remarks>
internal static class CloseNotify
{
    private static readonly Func<SslStream, object>? LockOf = typeof(SslStream)
        .GetProperty("_handshakeLock", BindingFlags.Instance | BindingFlags.NonPublic)?.GetMethod?.CreateDelegate<Func<SslStream, object>>();

    /// <summary>Whether farewells are sent here.</summary>
    public static bool IsAvailable => LockOf is not null;

    /// <summary>What reading and writing lock; null where the platform hides it.</summary>
    public static object? Lock(SslStream stream) => LockOf?.Invoke(stream);

    /// <summary>Sends it. Nothing may be written to the stream then or later.</summary>
    public static Task SendAsync(SslStream stream)
    {
        if (Lock(stream) is not { } engine)
            return Task.CompletedTask;
        lock (engine)
            return stream.ShutdownAsync(); // the engine has done its part when the call returns; what is awaited is the connection
    }
}
