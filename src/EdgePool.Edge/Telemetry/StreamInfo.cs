using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Telemetry;

/// <summary>What kind of stream it is, seen from this node.</summary>
public enum StreamKind
{
    /// <summary>A partner's, on 5269.</summary>
    PartnerInbound,

    /// <summary>Ours to a partner.</summary>
    PartnerOutbound,

    /// <summary>A component's, on 23456.</summary>
    Component,

    /// <summary>An internal server's, on 23456.</summary>
    InternalInbound,

    /// <summary>Ours to an internal server.</summary>
    InternalOutbound,

    /// <summary>Accepted on 23456, not yet known.</summary>
    InternalUnknown,
}

/// <summary>The numbers of a stream, read while it works: each is right by itself.</summary>
public sealed record StreamCounts
{
    /// <summary>Stanzas taken from it.</summary>
    public long StanzasIn { get; init; }

    /// <summary>Stanzas written to it.</summary>
    public long StanzasOut { get; init; }

    /// <summary>Bytes of XML read from it, TLS apart.</summary>
    public long BytesIn { get; init; }

    /// <summary>Bytes of XML written to it, TLS apart.</summary>
    public long BytesOut { get; init; }

    /// <summary>Stanzas that wait to be written to it.</summary>
    public int Queued { get; init; }

    /// <summary>Stanzas written to it that the peer has not acknowledged (XEP-0198); null: it does not acknowledge.</summary>
    public int? Unacknowledged { get; init; }
}

/// <summary>One stream as operators see it. Read from any thread; written by the stream's actor and counters.</summary>
public sealed class StreamInfo
{
    private static readonly StreamCounts Nothing = new();

    private Func<StreamCounts> counts = static () => Nothing;
    private Func<TimeSpan> blocked = static () => TimeSpan.Zero;
    private Func<TimeSpan> age = static () => TimeSpan.Zero;
    private volatile StreamKind kind;
    private volatile string state = "connecting";
    private volatile string tls = "none";
    private volatile string cipher = string.Empty;
    private volatile string method = string.Empty;
    private volatile IReadOnlyList<DomainPair> pairs = [];
    private volatile IReadOnlyList<DomainPair> bidirectional = [];

    internal StreamInfo(long number, StreamKind kind, string peer, DomainPair? wanted = null) => (Number, this.kind, Peer, Wanted) = (number, kind, peer, wanted);

    /// <summary>The connection id of the logs.</summary>
    public long Number { get; }

    /// <summary>Its actor's name: with it the path of a fault leads to the stream.</summary>
    internal string Name => Number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The peer's address and port; of a stream that we open, the target.</summary>
    public string Peer { get; }

    /// <summary>The pair that we open it for; null: the peer opened it.</summary>
    public DomainPair? Wanted { get; }

    /// <summary>What kind of stream it is.</summary>
    public StreamKind Kind
    {
        get => kind;
        internal set => kind = value;
    }

    /// <summary>Where it stands, in a word: <c>connecting</c>, <c>negotiating</c>, <c>established</c>, <c>stopping</c> (takes nothing more) or <c>leaving</c> (has said so), <c>closing</c>.</summary>
    public string State
    {
        get => state;
        internal set => state = value;
    }

    /// <summary>The TLS version; <c>none</c> without.</summary>
    public string Tls
    {
        get => tls;
        internal set => tls = value;
    }

    /// <summary>The cipher suite; empty without TLS.</summary>
    public string Cipher
    {
        get => cipher;
        internal set => cipher = value;
    }

    /// <summary>How its last pair was authenticated, an <see cref="AuthenticationMethod"/>; empty before.</summary>
    public string Method
    {
        get => method;
        internal set => method = value;
    }

    /// <summary>The pairs authenticated on it.</summary>
    public IReadOnlyList<DomainPair> Pairs
    {
        get => pairs;
        internal set => pairs = value;
    }

    /// <summary>Those of them whose stanzas come and go on it (XEP-0288).</summary>
    public IReadOnlyList<DomainPair> Bidirectional
    {
        get => bidirectional;
        internal set => bidirectional = value;
    }

    internal Func<StreamCounts> Counters
    {
        set => Volatile.Write(ref counts, value);
    }

    internal Func<TimeSpan> Writing
    {
        set => Volatile.Write(ref blocked, value);
    }

    internal Func<TimeSpan> Ageing
    {
        set => Volatile.Write(ref age, value);
    }

    /// <summary>What went through it until now.</summary>
    public StreamCounts Counts => counts();

    /// <summary>Stanzas taken from it.</summary>
    public long StanzasIn => Counts.StanzasIn;

    /// <summary>Stanzas written to it.</summary>
    public long StanzasOut => Counts.StanzasOut;

    /// <summary>Since its connection was accepted, or is being opened.</summary>
    public TimeSpan Age => age();

    /// <summary>How long the peer has not taken what is being written; zero while nothing is.</summary>
    public TimeSpan Blocked => blocked();
}
