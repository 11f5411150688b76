using System.Net.Security;
using System.Security.Authentication;

namespace EdgePool.Edge.Transport;

/// <summary>A certificate of ours as handshakes take it.</summary>
internal sealed class HandshakeCertificate(EdgeCertificate ours)
{
    private SharedContexts? shared;

    public string Subject { get; } = ours.Certificate.Subject;

    public SslStreamCertificateContext Context { get; } = SslStreamCertificateContext.Create(ours.Certificate, [.. ours.Intermediates], offline: true);

    /// <summary>What its handshakes share; null: each makes a context of its own.</summary>
    public SharedContexts? Shared => Volatile.Read(ref shared);

    /// <summary>From the next handshake on.</summary>
    public void Share(SharedContexts contexts) => Volatile.Write(ref shared, contexts);

    /// <summary>Looks at a finished handshake that was to share a context. When it did not, or took up an earlier session, it fails, and those to come share nothing.</summary>
    /// <param name="context">What it was to share; null: nothing.</param>
    /// <param name="stream">The connection.</param>
    /// <exception cref="AuthenticationException">It is not to be taken.</exception>
    public void Require(SharedContext? context, SslStream stream)
    {
        if (context is null || context.Took(stream))
            return;
        Volatile.Write(ref shared, null);
        throw new AuthenticationException("the TLS library took up an earlier session, or another context than the one that was prepared");
    }
}

/// <summary>What the handshakes with one certificate share.</summary>
/// <param name="Server">Those of connections that we accept, behind STARTTLS.</param>
/// <param name="DirectServer">Those of connections that we accept under TLS from the first byte: they choose by ALPN.</param>
/// <param name="Client">Those of connections that we open.</param>
internal sealed record SharedContexts(SharedContext Server, SharedContext DirectServer, SharedContext Client);
