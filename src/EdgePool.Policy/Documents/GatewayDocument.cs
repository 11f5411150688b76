namespace EdgePool.Policy.Documents;

/// <summary>
/// The gateway's configuration as an operator wrote it; the names are those of Lync Server's XMPP gateway. What was not written is null and takes its default
/// at compilation: see <see cref="Partners.Gateway"/>.
/// </summary>
public sealed record GatewayDocument
{
    /// <summary>Partner streams at one time, both directions together.</summary>
    public int? ConnectionLimit { get; init; }

    /// <summary>Streams at one time with a partner that names no limit of its own.</summary>
    public int? PartnerConnectionLimit { get; init; }

    /// <summary>Connection to authenticated stream.</summary>
    public TimeSpan? StreamEstablishmentTimeout { get; init; }

    /// <summary>Silence before a stream is closed.</summary>
    public TimeSpan? StreamInactivityTimeout { get; init; }

    /// <summary>Within which a partner must send something.</summary>
    public TimeSpan? KeepAliveInterval { get; init; }

    /// <summary>After which presence that was not refreshed counts as gone.</summary>
    public TimeSpan? SubscriptionRefreshInterval { get; init; }

    /// <summary>Message bodies are logged.</summary>
    public bool? EnableLoggingAllMessageBodies { get; init; }

    /// <summary>For partners that name no rate of their own.</summary>
    public RateDocument? Rate { get; init; }

    /// <summary>Bytes of one stanza, for partners that name no limit of their own.</summary>
    public int? MaxStanzaBytes { get; init; }
}

/// <summary>How much a partner may send or be sent, in each direction.</summary>
public sealed record RateDocument
{
    /// <summary>Fewer bytes in a second would hold one stanza for longer than partners wait.</summary>
    public const int LeastBytes = 1_024;

    /// <summary>Most bytes in a second that can be written.</summary>
    public const int MostBytes = 1024 * 1024 * 1024;

    /// <summary>Most stanzas in a second that can be written.</summary>
    public const int MostStanzas = 1_000_000;

    /// <summary>Most stanzas at once that can be written.</summary>
    public const int MostBurst = 10 * MostStanzas;

    /// <summary>Bytes in a second; null: no limit.</summary>
    public int? BytesPerSecond { get; init; }

    /// <summary>Stanzas in a second; null: no limit.</summary>
    public int? StanzasPerSecond { get; init; }

    /// <summary>
    /// Stanzas that may come at once after a quiet time; null: two seconds' worth. The bytes that may come at once are those of the same time:
    /// <c>burst / stanzasPerSecond</c> seconds' worth.
    /// </summary>
    public int? Burst { get; init; }
}
