using EdgePool.Xmpp.Framing;

namespace EdgePool.Server.Demo.Peers;

/// <summary>Takes what arrives on a peer's stream, one batch after the other.</summary>
internal interface IStanzaReceiver
{
    /// <summary>One stanza; the frame holds until this returns.</summary>
    void Receive(in StanzaFrame stanza);

    /// <summary>All that was read at once has been given; the stream is read on when this completes.</summary>
    ValueTask EndBatchAsync(PeerStream stream, CancellationToken cancellation);
}
