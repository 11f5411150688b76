using EdgePool.Policy.Documents;

namespace EdgePool.Policy.Partners;

/// <summary>The gateway's configuration as it is enforced. The defaults are those of Lync Server 2013.</summary>
public sealed record Gateway
{
    /// <summary>Nothing written.</summary>
    public static Gateway Default { get; } = new();

    /// <summary>Partner streams at one time, both directions together; no partner's own limit goes past it.</summary>
    public int ConnectionLimit { get; init; } = 1_000;

    /// <summary>Streams at one time with a partner that names no limit of its own.</summary>
    public int PartnerConnectionLimit { get; init; } = 20;

    /// <summary>Connection to authenticated stream.</summary>
    public TimeSpan StreamEstablishmentTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Silence before a stream is closed.</summary>
    public TimeSpan StreamInactivityTimeout { get; init; } = TimeSpan.FromSeconds(600);

    /// <summary>Within which a partner must send something; shorter than <see cref="StreamInactivityTimeout"/>.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>After which presence that was not refreshed counts as gone.</summary>
    public TimeSpan SubscriptionRefreshInterval { get; init; } = TimeSpan.FromSeconds(28_800);

    /// <summary>Message bodies are logged.</summary>
    public bool EnableLoggingAllMessageBodies { get; init; }

    /// <summary>For partners that name no rate of their own; null: no limit.</summary>
    public Rate? Rate { get; init; }

    /// <summary>Bytes of one stanza, for partners that name no limit of their own; null: the node's limit.</summary>
    public int? MaxStanzaBytes { get; init; }

    /// <summary>The document; null: nobody wrote one.</summary>
    public PolicyDocument? Source { get; init; }

    /// <summary>Streams at one time with a partner: its own limit or the gateway's, never more than the total.</summary>
    public int ConnectionLimitOf(Partner partner)
    {
        ArgumentNullException.ThrowIfNull(partner);
        return Math.Min(partner.ConnectionLimit ?? PartnerConnectionLimit, ConnectionLimit);
    }

    /// <summary>A partner's rate: its own or the gateway's.</summary>
    public Rate? RateOf(Partner partner)
    {
        ArgumentNullException.ThrowIfNull(partner);
        return partner.Rate ?? Rate;
    }

    /// <summary>Bytes of one stanza of a partner: its own limit or the gateway's; null: the node's.</summary>
    public int? MaxStanzaBytesOf(Partner partner)
    {
        ArgumentNullException.ThrowIfNull(partner);
        return partner.MaxStanzaBytes ?? MaxStanzaBytes;
    }
}

/// <summary>A rate as it is enforced, in each direction: two token buckets, either of which may be absent.</summary>
/// <param name="BytesPerSecond">Null: bytes are not limited.</param>
/// <param name="BurstBytes">Depth of that bucket. A stanza larger than it passes when the bucket is full.</param>
/// <param name="StanzasPerSecond">Null: stanzas are not counted.</param>
/// <param name="BurstStanzas">Depth of that bucket.</param>
public sealed record Rate(int? BytesPerSecond, long BurstBytes, int? StanzasPerSecond, int BurstStanzas);
