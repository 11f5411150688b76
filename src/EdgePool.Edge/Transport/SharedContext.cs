using System.Net.Security;
using System.Runtime.InteropServices;

namespace EdgePool.Edge.Transport;

/// <summary>One OpenSSL context (<c>SSL_CTX</c>) for all handshakes that a certificate of ours takes part in on one side.</summary>
/// <remarks>
/// To make a context costs 0.3 to 0.5 ms, a fifth of all that a handshake costs, and 10 KiB for as long as its stream lives. The platform shares one among handshakes only
/// where it may resume sessions and chooses the suites itself (<c>AllowTlsResume</c> and no <c>CipherSuitesPolicy</c>), and both are what an edge must not do: a resumed
/// session brings the certificate of another day. So the platform is let share, and its context is made strict by hand: neither tickets nor a session cache, and our suites.
/// That is done at a rehearsal in memory (<see cref="Certificates.ContextRehearsal"/>), before the first peer sees the context; the rehearsed stream is kept, for the platform
/// throws contexts away that nobody uses. What concerns one peer (that it must show a certificate, the chain, the names, ALPN's choice) the platform sets on the connection,
/// never on the context. Each handshake is looked at afterwards (<see cref="Took"/>): one that took another context, or an earlier session, is not taken.
/// Not guaranteed: that a context can be shared at all; without, each handshake has one of its own, which is as strict.
/// </remarks>
internal sealed class SharedContext
{
    private const ulong NoTicket = 1 << 14;
    private const int SetCacheMode = 44;
    private const int GetCacheMode = 45;

    private static readonly byte[] Tls12 = TlsSuites.ForOpenSsl(TlsSuites.Tls12);
    private static readonly byte[] Tls13 = TlsSuites.ForOpenSsl(TlsSuites.Tls13);

    private readonly SslStream kept;
    private readonly nint context;

    private SharedContext(SslStream kept, nint context) => (this.kept, this.context) = (kept, context);

    /// <summary>Makes the context of a rehearsed handshake strict. No other handshake may be under way with it, unless it is strict already.</summary>
    /// <param name="rehearsed">Kept, never to be disposed of.</param>
    /// <returns>Null where the context cannot be had, or does not take all of it.</returns>
    public static SharedContext? Of(SslStream rehearsed)
    {
        SharedContext? shared = null;
        OpenSslConnection.Use(rehearsed, ssl =>
        {
            var found = ContextOf(ssl);
            if (found != 0 && (IsStrict(found) || (Restrict(found) && IsStrict(found))))
                shared = new SharedContext(rehearsed, found);
            return true;
        });
        return shared;
    }

    /// <summary>True when a handshake took this context and none of an earlier session.</summary>
    public bool Took(SslStream stream)
    {
        GC.KeepAlive(kept);
        return OpenSslConnection.Use(stream, ssl => ContextOf(ssl) == context && IsReused(ssl) == 0);
    }

    /// <summary>The suites that a connection allows, by OpenSSL's names and in its order; empty where the platform hides them.</summary>
    public static IReadOnlyList<string> SuitesOf(SslStream stream)
    {
        var names = new List<string>();
        OpenSslConnection.Use(stream, ssl =>
        {
            while (Marshal.PtrToStringAnsi(SuiteName(ssl, names.Count)) is { } name)
                names.Add(name);
            return true;
        });
        return names;
    }

    private static bool Restrict(nint context)
    {
        _ = SetOptions(context, NoTicket);
        _ = Control(context, SetCacheMode, 0, 0);
        return SetTickets(context, 0) == 1 && SetSuites(context, Tls12) == 1 && SetSuites13(context, Tls13) == 1;
    }

    private static bool IsStrict(nint context)
        => (Options(context) & NoTicket) != 0 && Control(context, GetCacheMode, 0, 0) == 0 && Tickets(context) == 0;

    [DllImport(OpenSslConnection.Library, EntryPoint = "SSL_get_SSL_CTX", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint ContextOf(nint ssl);

    [DllImport(OpenSslConnection.Library, EntryPoint = "SSL_session_reused", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int IsReused(nint ssl);

    [DllImport(OpenSslConnection.Library, EntryPoint = "SSL_get_cipher_list", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint SuiteName(nint ssl, int index);

    [DllImport(OpenSslConnection.Library, EntryPoint = "SSL_CTX_get_options", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern ulong Options(nint context);

    [DllImport(OpenSslConnection.Library, EntryPoint = "SSL_CTX_set_options", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern ulong SetOptions(nint context, ulong options);

    [DllImport(OpenSslConnection.Library, EntryPoint = "SSL_CTX_get_num_tickets", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nuint Tickets(nint context);

    [DllImport(OpenSslConnection.Library, EntryPoint = "SSL_CTX_set_num_tickets", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetTickets(nint context, nuint count);

    // long SSL_CTX_ctrl(SSL_CTX *ctx, int cmd, long larg, void *parg): SSL_CTX_set_session_cache_mode and its reading are macros over it.
    [DllImport(OpenSslConnection.Library, EntryPoint = "SSL_CTX_ctrl", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Control(nint context, int command, nint argument, nint pointer);

    [DllImport(OpenSslConnection.Library, EntryPoint = "SSL_CTX_set_cipher_list", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetSuites(nint context, byte[] names);

    [DllImport(OpenSslConnection.Library, EntryPoint = "SSL_CTX_set_ciphersuites", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetSuites13(nint context, byte[] names);
}
