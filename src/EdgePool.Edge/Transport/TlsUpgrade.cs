using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Transport;

/// <summary>A connection under TLS, and what the peer showed.</summary>
internal sealed record TlsSession(SslStream Stream, PeerCertificate Certificate);

/// <summary>How a handshake comes about.</summary>
/// <param name="Direct">From the first byte (XEP-0368), not by STARTTLS.</param>
/// <param name="Addressed">The domain that the peer's plaintext header is addressed to, as spelt by the peer; null when there was none.</param>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct TlsStart(bool Direct, string? Addressed);

/// <summary>What a connection's first bytes ask for.</summary>
internal enum Opening
{
    /// <summary>XML, perhaps STARTTLS later.</summary>
    Plain,

    /// <summary>TLS from the first byte (XEP-0368).</summary>
    DirectTls,

    /// <summary>TLS where none is taken: the connection is closed without a word.</summary>
    Refused,
}

/// <summary>How one stream's connection gets under TLS: as server or as client, by STARTTLS or directly.</summary>
internal abstract class TlsUpgrade(TrustAnchors trust, Func<DomainName, CertificateDemand> demandFor, TimeProvider time)
{
    /// <summary>ALPN of S2S over direct TLS (XEP-0368).</summary>
    public static readonly List<SslApplicationProtocol> S2SProtocols = [new("xmpp-server")];

    /// <summary>True when the first byte must be seen before <see cref="Judge"/> can tell.</summary>
    public abstract bool NeedsFirstByte { get; }

    /// <summary>What the connection's first bytes ask for.</summary>
    public abstract Opening Judge(ReadOnlySpan<byte> first);

    /// <summary>
    /// Whether bytes that came behind the STARTTLS exchange may be there, and which of them belong to the TLS engine. Plaintext behind
    /// <c>&lt;proceed/&gt;</c> is an injected answer and never taken.
    /// </summary>
    public abstract bool MayFollow(ReadOnlySpan<byte> ahead, bool direct, out ReadOnlySpan<byte> belongsToTls);

    /// <summary>True while nothing but white space has come behind the STARTTLS exchange, and more of it may still come before the TLS engine's bytes.</summary>
    public abstract bool MustSeeMore(ReadOnlySpan<byte> ahead, bool direct);

    protected abstract Task HandshakeAsync(SslStream stream, TlsStart start, RemoteCertificateValidationCallback capture, CancellationToken cancellation);

    /// <summary>Takes the handshake. The session is null when it failed; then the text says why, in words for the log.</summary>
    public async Task<(TlsSession? Session, string Failure)> AuthenticateAsync(Stream transport, TlsStart start, CancellationToken cancellation)
    {
        var intermediates = new List<byte[]>();
        var trusted = false;
        var stream = new SslStream(transport, leaveInnerStreamOpen: true);
        try
        {
            await HandshakeAsync(stream, start, Capture, cancellation);
            TlsBuffers.ReleaseWhenIdle(stream);
            // Roots of both kinds are two builds: what the first refused, the second may take.
            (TrustAnchors, bool)? judged = trusted || !(trust.System && trust.Roots.Count > 0) ? (trust, trusted) : null;
            var shown = new PeerCertificate(stream.RemoteCertificate as X509Certificate2, intermediates, judged, demandFor, time)
            {
                Version = stream.SslProtocol == SslProtocols.Tls13 ? TlsVersion.Tls13 : TlsVersion.Tls12,
                OfClient = stream.IsServer,
            };
            return (new TlsSession(stream, shown), string.Empty);
        }
        catch (CryptographicException exception)
        {
            await stream.DisposeAsync();
            return (null, $"the peer's certificate cannot be read: {exception.InnerException?.Message ?? exception.Message}");
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            await stream.DisposeAsync();
            return (null, exception.InnerException?.Message ?? exception.Message);
        }

        // Who the peer is, is judged when it claims a domain; the platform disposes its chain after this call, so what the peer sent is copied.
        bool Capture(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
        {
            trusted = !errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors);
            foreach (var sent in chain?.ChainPolicy.ExtraStore ?? [])
                intermediates.Add(sent.RawData);
            return true;
        }
    }

    /// <summary>The chain is judged in the handshake for the roots that most peers share, so that it is built once.</summary>
    protected X509ChainPolicy ChainPolicy() => PeerCertificate.ChainPolicy(trust, system: trust.System && trust.Roots.Count == 0, time.GetUtcNow());
}

/// <summary>The accepting side: presents the certificate of the domain that the peer asks for and asks for the peer's.</summary>
internal sealed class ServerTls(EdgeCertificates certificates, DirectTls mode, TrustAnchors trust, Func<DomainName, CertificateDemand> demandFor, TimeProvider time)
    : TlsUpgrade(trust, demandFor, time)
{
    private const byte HandshakeRecord = 0x16;
    private const int WhitespaceBehindStartTls = 16;

    public override bool NeedsFirstByte => mode != DirectTls.Only;

    public override Opening Judge(ReadOnlySpan<byte> first) => mode switch
    {
        DirectTls.Only => certificates.Any ? Opening.DirectTls : Opening.Refused,
        _ when first.IsEmpty || first[0] != HandshakeRecord => Opening.Plain,
        DirectTls.Sniff when certificates.Any => Opening.DirectTls,
        _ => Opening.Refused,
    };

    // COMPAT: starttls-line-end. Up to 16 bytes of white space are the line's, all else is the ClientHello.
    public override bool MayFollow(ReadOnlySpan<byte> ahead, bool direct, out ReadOnlySpan<byte> belongsToTls)
    {
        var skip = 0;
        while (!direct && skip < ahead.Length && skip < WhitespaceBehindStartTls && ahead[skip] is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r')
            skip++;
        belongsToTls = ahead[skip..];
        return true;
    }

    public override bool MustSeeMore(ReadOnlySpan<byte> ahead, bool direct)
        => !direct && ahead.Length < WhitespaceBehindStartTls && MayFollow(ahead, direct, out var belongsToTls) && belongsToTls.IsEmpty;

    // COMPAT: no-server-name. The stream header says whom the peer wants.
    protected override async Task HandshakeAsync(SslStream stream, TlsStart start, RemoteCertificateValidationCallback capture, CancellationToken cancellation)
    {
        HandshakeCertificate? ours = null;
        SharedContext? shared = null;
        await stream.AuthenticateAsServerAsync(
            (_, hello, _, _) =>
            {
                ours = certificates.ForServerName(hello.ServerName.Length > 0 ? hello.ServerName : start.Addressed ?? string.Empty);
                shared = start.Direct ? ours?.Shared?.DirectServer : ours?.Shared?.Server;
                var options = TlsOptions.ForServer(ours?.Context, shared is not null, start.Direct ? S2SProtocols : null);
                options.ClientCertificateRequired = true;
                options.RemoteCertificateValidationCallback = capture;
                options.CertificateChainPolicy = ChainPolicy();
                return new ValueTask<SslServerAuthenticationOptions>(options);
            },
            state: null,
            cancellation);
        ours?.Require(shared, stream);
    }
}

/// <summary>The connecting side: asks for the domain that it wants and presents the certificate of the domain it speaks for.</summary>
internal sealed class ClientTls(EdgeCertificates certificates, DomainName ours, DomainName wanted, bool direct, Func<DomainName, CertificateDemand> demandFor, TimeProvider time)
    : TlsUpgrade(demandFor(wanted).Anchors, demandFor, time)
{
    public override bool NeedsFirstByte => false;

    public override Opening Judge(ReadOnlySpan<byte> first) => direct ? Opening.DirectTls : Opening.Plain;

    public override bool MayFollow(ReadOnlySpan<byte> ahead, bool direct, out ReadOnlySpan<byte> belongsToTls)
    {
        belongsToTls = default;
        return ahead.IsEmpty;
    }

    public override bool MustSeeMore(ReadOnlySpan<byte> ahead, bool direct) => false;

    protected override async Task HandshakeAsync(SslStream stream, TlsStart start, RemoteCertificateValidationCallback capture, CancellationToken cancellation)
    {
        var own = certificates.ForDomain(ours);
        var shared = own?.Shared?.Client;
        var options = TlsOptions.ForClient(own?.Context, wanted.Ascii, shared is not null, start.Direct ? S2SProtocols : null);
        options.RemoteCertificateValidationCallback = capture;
        options.CertificateChainPolicy = ChainPolicy();
        await stream.AuthenticateAsClientAsync(options, cancellation);
        own?.Require(shared, stream);
    }
}
