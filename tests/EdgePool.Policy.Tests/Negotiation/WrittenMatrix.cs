using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;

namespace EdgePool.Policy.Tests.Negotiation;

/// <summary>What a partner's streams may do. All false: the partner is unknown, switched off, or cannot be saved.</summary>
/// <param name="Sasl">SASL EXTERNAL over TLS.</param>
/// <param name="TlsDialback">Dialback over TLS.</param>
/// <param name="TcpDialback">Dialback without TLS.</param>
/// <param name="Proof">Dialback too demands a certificate that proves the name.</param>
internal readonly record struct Allowed(bool Sasl, bool TlsDialback, bool TcpDialback, bool Proof = false)
{
    /// <summary>Some method.</summary>
    public bool Any => Sasl || TlsDialback || TcpDialback;

    /// <summary>Some method needs TLS.</summary>
    public bool Tls => Sasl || TlsDialback;

    /// <summary>Dialback on a stream that has no TLS.</summary>
    public bool Plain => TcpDialback && !Proof;

    /// <summary>Dialback on a stream under TLS, with a certificate that proves the name or with another.</summary>
    public bool UnderTls(bool proven) => TlsDialback && (proven || !Proof);
}

/// <summary>The 18 rows once more, written out by hand: what the tests of enforcement believe, whatever <see cref="NegotiationMatrix"/> says.</summary>
internal static class WrittenMatrix
{
    private const string S = "sasl";
    private const string T = "tls-dialback";
    private const string P = "tcp-dialback";

    // TLS, SASL, dialback; strictly; as Lync reads it. R: Required, O: Optional, N: NotSupported.
    private static readonly Dictionary<string, (string Strict, string Lync)> Rows = new(StringComparer.Ordinal)
    {
        ["R R yes"] = (S, S),
        ["R R no"] = (S, S),
        ["O R yes"] = (S, $"{S} {T} {P}"),
        ["O R no"] = (S, S),
        ["N R yes"] = ("", P),
        ["N R no"] = ("", ""),
        ["R O yes"] = ($"{S} {T}", $"{S} {T}"),
        ["R O no"] = (S, S),
        ["O O yes"] = ($"{S} {T} {P}", $"{S} {T} {P}"),
        ["O O no"] = (S, S),
        ["N O yes"] = ("", P),
        ["N O no"] = ("", ""),
        ["R N yes"] = (T, T),
        ["R N no"] = ("", ""),
        ["O N yes"] = ($"{T} {P}", $"{T} {P}"),
        ["O N no"] = ("", ""),
        ["N N yes"] = (P, P),
        ["N N no"] = ("", ""),
    };

    /// <summary>Every combination of the settings: 18 rows, each strict and compatible, each with and without a demanded certificate.</summary>
    public static IEnumerable<PartnerDocument> AllSettings() =>
        from tls in Enum.GetValues<NegotiationMode>()
        from sasl in Enum.GetValues<NegotiationMode>()
        from dialback in new[] { true, false }
        from compat in new[] { true, false }
        from proof in new[] { true, false }
        select new PartnerDocument
        {
            TlsNegotiation = tls,
            SaslNegotiation = sasl,
            SupportDialback = dialback,
            LyncCompat = compat,
            RequireTrustedCertificate = proof,
        };

    /// <summary>What a document, if it can be saved, lets streams do.</summary>
    public static Allowed Of(PartnerDocument document)
    {
        var row = Rows[$"{Letter(document.TlsNegotiation)} {Letter(document.SaslNegotiation)} {(document.SupportDialback == true ? "yes" : "no")}"];
        var methods = (document.LyncCompat == true ? row.Lync : row.Strict).Split(' ');
        var allowed = new Allowed(methods.Contains(S), methods.Contains(T), methods.Contains(P), document.RequireTrustedCertificate == true);
        return allowed is { Proof: true, Tls: false } ? default : allowed; // there is no certificate without TLS
    }

    private static char Letter(NegotiationMode? mode) => mode.ToString()![0];
}
