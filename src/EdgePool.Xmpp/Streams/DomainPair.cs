using EdgePool.Xmpp.Addressing;

namespace EdgePool.Xmpp.Streams;

/// <summary>What a stream is authenticated for (XEP-0220 section 1.3). The same pair, whichever side opened the stream.</summary>
/// <param name="Local">The domain that we act for on this stream.</param>
/// <param name="Remote">The peer's domain.</param>
public readonly record struct DomainPair(DomainName Local, DomainName Remote)
{
    /// <summary>For logs: both in A-labels, ours first.</summary>
    public string ToText() => $"{Local.Ascii}-{Remote.Ascii}";
}
