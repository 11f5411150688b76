using EdgePool.Interop.Tests.Nodes;
using EdgePool.Interop.Tests.Partners;

namespace EdgePool.Interop.Tests.Negotiation.Peers;

/// <summary>How a stream gets under TLS; each domain publishes SRV records of one kind alone.</summary>
public enum Carrier
{
    /// <summary>RFC 6120 section 5; <c>_xmpp-server</c>.</summary>
    StartTls,

    /// <summary>XEP-0368; <c>_xmpps-server</c>.</summary>
    DirectTls,
}

/// <summary>Who opens the stream, as seen from the edge.</summary>
public enum Direction
{
    Inbound,
    Outbound,
}

/// <summary>What our policy allows the partner: rows 2, 7 and 13 of the negotiation matrix.</summary>
public enum Way
{
    /// <summary>SASL EXTERNAL or nothing.</summary>
    External,

    /// <summary>SASL EXTERNAL first, dialback over TLS after it.</summary>
    Either,

    /// <summary>Dialback over TLS or nothing.</summary>
    Dialback,
}

/// <summary>The certificate that the partner shows.</summary>
public enum Shown
{
    /// <summary>For serverAuth alone, as public authorities issue it; ours has no more either.</summary>
    ServerAuthOnly,

    /// <summary>For serverAuth and clientAuth; so is ours here and in what follows.</summary>
    BothUsages,

    /// <summary>Its own issuer.</summary>
    SelfSigned,

    /// <summary>Good until yesterday.</summary>
    Expired,

    /// <summary>The partner's name is its common name alone; what counts names another domain (RFC 9525 section 6.3).</summary>
    WrongName,
}

/// <summary>One cell of the table: a real server, and what it and we bring.</summary>
public sealed record PeerCell(ServerKind Server, Carrier Carrier, Direction Direction, Way Way, Shown Shown)
{
    /// <summary>Every cell, in the table's order.</summary>
    public static IReadOnlyList<PeerCell> All { get; } =
    [
        .. from server in Enum.GetValues<ServerKind>()
           from carrier in Enum.GetValues<Carrier>()
           from direction in Enum.GetValues<Direction>()
           from way in Enum.GetValues<Way>()
           from shown in Enum.GetValues<Shown>()
           select new PeerCell(server, carrier, direction, way, shown),
    ];

    /// <summary>The partner's domain: both directions of a cell share it.</summary>
    public string Domain => $"{Shown}.{Way}.{Carrier}.{Server}.example".ToLowerInvariant();

    /// <summary>Our domain that the partner talks to.</summary>
    public string LocalDomain => LocalDomainOf(Shown is Shown.ServerAuthOnly, Carrier);

    /// <summary>Ours, by the certificate that we have for it.</summary>
    public static string LocalDomainOf(bool serverAuthOnly, Carrier carrier) => $"{(serverAuthOnly ? "public" : "private")}.{carrier}.contoso.example".ToLowerInvariant();

    /// <summary>The partner as our operator writes it.</summary>
    internal PartnerSetup Partner => new(Domain)
    {
        Tls = "Required",
        Sasl = Way switch { Way.External => "Required", Way.Either => "Optional", _ => "NotSupported" },
        Dialback = Way is not Way.External,
    };
}
