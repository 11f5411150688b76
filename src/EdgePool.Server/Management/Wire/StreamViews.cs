namespace EdgePool.Server.Management.Wire;

/// <summary>Streams of a node.</summary>
/// <param name="Streams">The streams by number.</param>
internal sealed record StreamList(IReadOnlyList<StreamView> Streams);

/// <summary>One stream.</summary>
internal sealed record StreamView
{
    /// <summary>Its number in the log.</summary>
    public required long Number { get; init; }

    /// <summary>What it is, and who opened it.</summary>
    public required string Kind { get; init; }

    /// <summary>The address at the other end; of a stream that we open, the target.</summary>
    public required string Peer { get; init; }

    /// <summary>Where it stands.</summary>
    public required string State { get; init; }

    /// <summary>The TLS version, or <c>none</c>.</summary>
    public required string Tls { get; init; }

    /// <summary>The cipher suite; null without TLS.</summary>
    public string? Cipher { get; init; }

    /// <summary>How its last pair was authenticated; null: none is.</summary>
    public string? Method { get; init; }

    /// <summary>The pairs of domains, <c>local-remote</c>, that are authenticated on it.</summary>
    public required IReadOnlyList<string> Pairs { get; init; }

    /// <summary>Those of them whose stanzas come and go on it (XEP-0288).</summary>
    public IReadOnlyList<string> Bidirectional { get; init; } = [];

    /// <summary>The pair that we open it for; null: the peer opened it.</summary>
    public string? Wanted { get; init; }

    /// <summary>Seconds since its connection began.</summary>
    public required long AgeSeconds { get; init; }

    /// <summary>Stanzas taken from it.</summary>
    public required long StanzasIn { get; init; }

    /// <summary>Stanzas written to it.</summary>
    public required long StanzasOut { get; init; }

    /// <summary>Bytes of XML read from it.</summary>
    public required long BytesIn { get; init; }

    /// <summary>Bytes of XML written to it.</summary>
    public required long BytesOut { get; init; }

    /// <summary>Stanzas that wait to be written to it.</summary>
    public required int Queued { get; init; }

    /// <summary>Stanzas written to it that the peer has not acknowledged (XEP-0198); null: it does not acknowledge.</summary>
    public int? Unacknowledged { get; init; }

    /// <summary>Seconds for which the peer has not taken what is being written.</summary>
    public required long BlockedSeconds { get; init; }
}

/// <summary>What became of a stream between two looks.</summary>
/// <param name="At">When that was seen.</param>
/// <param name="Change"><c>new</c>, <c>changed</c> or <c>gone</c>.</param>
/// <param name="Stream">The stream as it is, or as it was seen last.</param>
internal sealed record StreamChange(DateTimeOffset At, string Change, StreamView Stream);
