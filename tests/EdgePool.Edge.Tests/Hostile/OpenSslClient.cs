using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace EdgePool.Edge.Tests.Hostile;

/// <summary>
/// A TLS client on the system's OpenSSL, for what SslStream does not let a client do: ask for new keys at any time, and keep a session for another name.
/// It blocks; call it off the pool where the other side has to act.
/// </summary>
internal sealed class OpenSslClient : IDisposable
{
    private readonly Socket socket;
    private readonly nint context;
    private readonly nint ssl;

    private OpenSslClient(IPEndPoint target, string serverName, string protocol, string? version, KeptSession? session, bool tickets)
    {
        socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 20_000, SendTimeout = 20_000 };
        socket.Connect(target);
        socket.Blocking = true;
        context = Native.SSL_CTX_new(Native.TLS_client_method());
        ssl = Native.SSL_new(context);
        var name = Marshal.StringToHGlobalAnsi(serverName);
        Native.SSL_ctrl(ssl, Native.SetServerName, 0, name);
        Marshal.FreeHGlobal(name);
        byte[] offered = [(byte)protocol.Length, .. Encoding.ASCII.GetBytes(protocol)];
        _ = Native.SSL_set_alpn_protos(ssl, offered, (uint)offered.Length);
        if (version is "TLSv1.2")
            Native.SSL_ctrl(ssl, Native.SetMaximalVersion, 0x0303, 0);
        if (!tickets)
            _ = Native.SSL_set_options(ssl, Native.NoTicket);
        if (session is not null)
            _ = Native.SSL_set_session(ssl, session.Handle);
        _ = Native.SSL_set_fd(ssl, (int)socket.Handle);
        if (Native.SSL_connect(ssl) != 1)
            throw new IOException("the handshake failed");
    }

    public IPEndPoint LocalEndPoint => (IPEndPoint)socket.LocalEndPoint!;

    public string Version => Marshal.PtrToStringAnsi(Native.SSL_get_version(ssl))!;

    /// <summary>The handshake took up a session.</summary>
    public bool Resumed => Native.SSL_session_reused(ssl) == 1;

    /// <summary>The server gave a ticket.</summary>
    public bool HasTicket => Native.SSL_SESSION_has_ticket(Native.SSL_get_session(ssl)) == 1;

    /// <param name="target">Where to connect.</param>
    /// <param name="serverName">SNI.</param>
    /// <param name="protocol">ALPN.</param>
    /// <param name="version">The highest version: <c>TLSv1.2</c>; null and others: the newest.</param>
    /// <param name="session">A session to take up.</param>
    /// <param name="tickets">It takes tickets; else the server may give its session an id.</param>
    /// <exception cref="IOException">The handshake failed.</exception>
    public static OpenSslClient Connect(
        IPEndPoint target, string serverName, string protocol, string? version = null, KeptSession? session = null, bool tickets = true)
        => new(target, serverName, protocol, version, session, tickets);

    /// <summary>Sends a KeyUpdate (RFC 8446 section 4.6.3); false when the connection takes no more.</summary>
    /// <param name="answered">The other side must update its keys too.</param>
    public bool TryUpdateKeys(bool answered) => Native.SSL_key_update(ssl, answered ? 1 : 0) == 1 && Native.SSL_do_handshake(ssl) == 1;

    public void Write(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (Native.SSL_write(ssl, bytes, bytes.Length) != bytes.Length)
            throw new IOException("not written");
    }

    public string ReadUntil(string end)
    {
        var heard = new StringBuilder();
        var chunk = new byte[4_096];
        while (!heard.ToString().Contains(end, StringComparison.Ordinal))
        {
            var count = Native.SSL_read(ssl, chunk, chunk.Length);
            if (count <= 0)
                throw new IOException($"the end behind {heard}");
            heard.Append(Encoding.UTF8.GetString(chunk, 0, count));
        }

        return heard.ToString();
    }

    public KeptSession KeepSession() => new(Native.SSL_get1_session(ssl));

    public void Dispose()
    {
        Native.SSL_free(ssl);
        Native.SSL_CTX_free(context);
        socket.Dispose();
    }

    /// <summary>What a client keeps of a connection to take it up again.</summary>
    internal sealed class KeptSession(nint handle) : IDisposable
    {
        public nint Handle => handle;

        public void Dispose() => Native.SSL_SESSION_free(handle);
    }

    private static class Native
    {
        public const int SetServerName = 55;
        public const int SetMaximalVersion = 124;
        public const ulong NoTicket = 1 << 14;
        private const string Library = "libssl.so.3";

        [DllImport(Library)]
        public static extern nint TLS_client_method();

        [DllImport(Library)]
        public static extern nint SSL_CTX_new(nint method);

        [DllImport(Library)]
        public static extern void SSL_CTX_free(nint context);

        [DllImport(Library)]
        public static extern nint SSL_new(nint context);

        [DllImport(Library)]
        public static extern void SSL_free(nint ssl);

        [DllImport(Library)]
        public static extern nint SSL_ctrl(nint ssl, int command, nint number, nint pointer);

        [DllImport(Library)]
        public static extern ulong SSL_set_options(nint ssl, ulong options);

        [DllImport(Library)]
        public static extern int SSL_set_alpn_protos(nint ssl, byte[] protocols, uint length);

        [DllImport(Library)]
        public static extern int SSL_set_fd(nint ssl, int descriptor);

        [DllImport(Library)]
        public static extern int SSL_connect(nint ssl);

        [DllImport(Library)]
        public static extern int SSL_do_handshake(nint ssl);

        [DllImport(Library)]
        public static extern int SSL_key_update(nint ssl, int type);

        [DllImport(Library)]
        public static extern int SSL_read(nint ssl, byte[] buffer, int length);

        [DllImport(Library)]
        public static extern int SSL_write(nint ssl, byte[] buffer, int length);

        [DllImport(Library)]
        public static extern nint SSL_get_version(nint ssl);

        [DllImport(Library)]
        public static extern int SSL_session_reused(nint ssl);

        [DllImport(Library)]
        public static extern int SSL_set_session(nint ssl, nint session);

        [DllImport(Library)]
        public static extern nint SSL_get_session(nint ssl);

        [DllImport(Library)]
        public static extern nint SSL_get1_session(nint ssl);

        [DllImport(Library)]
        public static extern int SSL_SESSION_has_ticket(nint session);

        [DllImport(Library)]
        public static extern void SSL_SESSION_free(nint session);
    }
}
