using System.Net.Security;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace EdgePool.Edge.Transport;

/// <summary>
/// The connection's own handle in OpenSSL, for what the platform has no option for. It exists as soon as the handshake has begun. Where the platform hides it, or
/// runs on an OpenSSL other than version 3, nothing is done.
/// </summary>
internal static class OpenSslConnection
{
    public const string Library = "libssl.so.3";

    private static readonly FieldInfo? Context = OperatingSystem.IsLinux() && SafeEvpPKeyHandle.OpenSslVersion >> 28 == 3
        ? typeof(SslStream).GetField("_securityContext", BindingFlags.Instance | BindingFlags.NonPublic)
        : null;

    /// <summary>Does something with the handle (<c>SSL*</c>), which lives as long as that takes.</summary>
    /// <returns>What it gives; false where there is no handle to be had, or no such function.</returns>
    public static bool Use(SslStream stream, Func<nint, bool> use)
    {
        if (Context?.GetValue(stream) is not SafeHandle { IsInvalid: false, IsClosed: false } handle)
            return false;
        var held = false;
        try
        {
            handle.DangerousAddRef(ref held);
            return use(handle.DangerousGetHandle());
        }
        catch (Exception missing) when (missing is DllNotFoundException or EntryPointNotFoundException or ObjectDisposedException)
        {
            return false;
        }
        finally
        {
            if (held)
                handle.DangerousRelease();
        }
    }
}
