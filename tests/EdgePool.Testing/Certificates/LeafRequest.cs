using System.Net;

namespace EdgePool.Testing.Certificates;

/// <summary>The purposes an end-entity certificate names (RFC 5280 section 4.2.1.12).</summary>
public enum LeafUsage
{
    /// <summary>No extendedKeyUsage extension at all.</summary>
    None,

    /// <summary>serverAuth alone, as public authorities issue it.</summary>
    ServerOnly,

    /// <summary>clientAuth alone.</summary>
    ClientOnly,

    /// <summary>serverAuth and clientAuth.</summary>
    Both,
}

/// <summary>What an end-entity certificate is to say. Everything not named has the value that a partner's good certificate would have.</summary>
public sealed record LeafRequest
{
    /// <summary>dNSName entries of subjectAltName.</summary>
    public IReadOnlyList<string> DnsNames { get; init; } = [];

    /// <summary>id-on-xmppAddr entries (RFC 6120 section 13.7.1.4), UTF-8.</summary>
    public IReadOnlyList<string> XmppAddresses { get; init; } = [];

    /// <summary>id-on-dnsSRV entries (RFC 4985), for example <c>_xmpp-server.contoso.example</c>.</summary>
    public IReadOnlyList<string> ServiceNames { get; init; } = [];

    /// <summary>iPAddress entries of subjectAltName.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    /// <summary>The subject's common name; absent: the first name of any kind.</summary>
    public string? CommonName { get; init; }

    public LeafUsage Usage { get; init; } = LeafUsage.Both;

    /// <summary>Start of validity relative to now.</summary>
    public TimeSpan NotBefore { get; init; } = TimeSpan.FromHours(-1);

    /// <summary>End of validity relative to now; negative: expired.</summary>
    public TimeSpan NotAfter { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Signed by its own key and by nobody else.</summary>
    public bool SelfSigned { get; init; }

    /// <summary>Issued by the intermediate authority; the files then hold the chain without the root.</summary>
    public bool ByIntermediate { get; init; }

    /// <summary>A good certificate for the domains.</summary>
    public static LeafRequest For(params string[] domains) => new() { DnsNames = domains };
}
