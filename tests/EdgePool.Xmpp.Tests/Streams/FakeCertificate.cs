using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Xmpp.Tests.Streams;

/// <summary>
/// A certificate that proves some names; <c>none</c>: no certificate; <c>untrusted</c>: a chain to nowhere; <c>pin-mismatch</c> and <c>key-changed</c>: a key
/// that is not expected. <c>1.2</c> before them: under TLS 1.2.
/// </summary>
internal sealed class FakeCertificate(params string[] names) : IPeerCertificate
{
    private readonly string[] shown = names is ["1.2", ..] ? names[1..] : names;

    public TlsVersion Version => names is ["1.2", ..] ? TlsVersion.Tls12 : TlsVersion.Tls13;

    public CertificateVerdict Proves(DomainName domain) => shown switch
    {
        ["pin-mismatch"] => CertificateVerdict.PinMismatch,
        ["key-changed"] => CertificateVerdict.KeyChanged,
        ["tlsa-missing"] => CertificateVerdict.TlsaMissing,
        ["tlsa-unavailable"] => CertificateVerdict.TlsaUnavailable,
        ["tlsa-mismatch"] => CertificateVerdict.TlsaMismatch,
        ["none"] => CertificateVerdict.None,
        ["untrusted"] => CertificateVerdict.Untrusted,
        _ => shown.Contains(domain.Ascii, StringComparer.Ordinal) ? CertificateVerdict.Valid : CertificateVerdict.WrongName,
    };
}

/// <summary>A listener for edge.example (and edge2.example) with partners and their terms.</summary>
internal sealed class FakeRules : INegotiationRules
{
    private readonly Dictionary<string, NegotiationTerms> partners = new(StringComparer.Ordinal);

    public FakeRules Partner(string remote, NegotiationTerms terms)
    {
        partners[remote] = terms;
        return this;
    }

    public bool Serves(DomainName local) => local.Ascii is "edge.example" or "edge2.example";

    public bool IsOwn(DomainName domain) => Serves(domain) || domain.Ascii is "internal.example";

    public NegotiationTerms? TermsFor(DomainPair pair) => Serves(pair.Local) ? partners.GetValueOrDefault(pair.Remote.Ascii) : null;
}

/// <summary>The rows of the negotiation matrix, by name.</summary>
internal static class Terms
{
    public static NegotiationTerms Any { get; }
        = new(AuthenticationMethods.SaslOverTls | AuthenticationMethods.TlsDialback | AuthenticationMethods.TcpDialback);

    public static NegotiationTerms SaslOnly { get; } = new(AuthenticationMethods.SaslOverTls);

    public static NegotiationTerms SaslOrTlsDialback { get; } = new(AuthenticationMethods.SaslOverTls | AuthenticationMethods.TlsDialback);

    public static NegotiationTerms TlsDialbackOnly { get; } = new(AuthenticationMethods.TlsDialback);

    public static NegotiationTerms TcpDialbackOnly { get; } = new(AuthenticationMethods.TcpDialback);

    public static NegotiationTerms Parse(string name) => name switch
    {
        "any" => Any,
        "sasl" => SaslOnly,
        "sasl+tls-dialback" => SaslOrTlsDialback,
        "tls-dialback" => TlsDialbackOnly,
        "tcp-dialback" => TcpDialbackOnly,
        "trusted-tls-dialback" => TlsDialbackOnly with { RequireTrustedCertificate = true },
        "sasl+bidi" => SaslOnly with { Bidirectional = true },
        "tls-dialback+bidi" => TlsDialbackOnly with { Bidirectional = true },
        "dialback-by-certificate" => TlsDialbackOnly with { DialbackWithoutDialback = true },
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "unknown terms"),
    };
}
