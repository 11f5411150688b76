using System.Globalization;
using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;

namespace EdgePool.Edge.Tests.Negotiation;

/// <summary>What a side does about TLS on streams with the other.</summary>
internal enum SideTls
{
    /// <summary>Neither offered nor asked for.</summary>
    Off,

    /// <summary>Used where the other side can.</summary>
    Optional,

    /// <summary>Nothing goes on without it.</summary>
    Required,
}

/// <summary>The certificate of a side, as the other one sees it.</summary>
internal enum SideCertificate
{
    /// <summary>It has none: it can be no TLS server, and as a TLS client it shows none.</summary>
    Missing,

    /// <summary>Of the right name, but from nobody whom the other side trusts.</summary>
    Invalid,

    /// <summary>It proves the side's name.</summary>
    Valid,
}

/// <summary>One of the 18 settings of a side. SASL EXTERNAL is on wherever TLS is.</summary>
internal sealed record FederationSide(SideTls Tls, SideCertificate Certificate, bool Dialback)
{
    private static readonly SideCertificate[] Certificates = Enum.GetValues<SideCertificate>();

    /// <summary>The six settings of policy, in the order of their numbers.</summary>
    public static IReadOnlyList<(SideTls Tls, bool Dialback)> Policies { get; } =
        [.. from tls in Enum.GetValues<SideTls>() from dialback in (bool[])[false, true] select (tls, dialback)];

    public static IReadOnlyList<FederationSide> All { get; } =
        [.. from policy in Policies from certificate in Certificates select new FederationSide(policy.Tls, certificate, policy.Dialback)];

    /// <summary>Its number among <see cref="Policies"/>.</summary>
    public int Policy => Policies.Index().First(p => p.Item == (Tls, Dialback)).Index;

    /// <summary>Some method is on; else there is nothing to negotiate, and such settings cannot be saved.</summary>
    public bool HasMethod => Tls is not SideTls.Off || Dialback;

    /// <summary>The partner's document that means these settings.</summary>
    public PartnerDocument ToDocument(string domain) => new()
    {
        Domain = domain,
        TlsNegotiation = Tls switch { SideTls.Off => NegotiationMode.NotSupported, SideTls.Optional => NegotiationMode.Optional, _ => NegotiationMode.Required },
        SaslNegotiation = Tls is SideTls.Off ? NegotiationMode.NotSupported : NegotiationMode.Optional,
        SupportDialback = Dialback,
        EnableBidirectionalStreams = false, // the table is about the streams of each side
    };

    /// <summary>Four letters of the table: TLS off, optional or required; certificate missing, invalid or valid; dialback.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{"-or"[(int)Tls]}{"-iv"[(int)Certificate]}{(Dialback ? 'd' : '-')}");
}
