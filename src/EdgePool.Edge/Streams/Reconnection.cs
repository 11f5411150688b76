using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <summary>When a route whose stream has ended may have another.</summary>
internal enum Reconnection
{
    /// <summary>After the wait that a failure costs.</summary>
    Later,

    /// <summary>At once: the peer has asked for a new stream, or policy has.</summary>
    AtOnce,

    /// <summary>After a wait as after several failures: the peer will not have us, and will think no better of it in a second.</summary>
    Slowly,
}

/// <summary>What a stream error of the peer's says about the next stream (RFC 6120 section 4.9.3), for one that was up. Before that, the next target is tried.</summary>
internal static class Reconnections
{
    /// <summary>At once happens no more often than this: a peer that resets each stream is a peer that flaps.</summary>
    public static readonly TimeSpan AtOnceAtMostEvery = TimeSpan.FromSeconds(10);

    /// <summary>Failures that <see cref="Reconnection.Slowly"/> stands for.</summary>
    public const int SlowFailures = 4;

    public static Reconnection After(StreamErrorCondition condition) => condition switch
    {
        // The peer wants a stream that is negotiated anew, here or on another host of its own: DNS is asked again.
        StreamErrorCondition.Reset or StreamErrorCondition.SeeOtherHost => Reconnection.AtOnce,

        // It goes away, lacks something, has another stream of ours, or was idle: that passes.
        StreamErrorCondition.SystemShutdown or StreamErrorCondition.ResourceConstraint or StreamErrorCondition.InternalServerError
            or StreamErrorCondition.RemoteConnectionFailed or StreamErrorCondition.ConnectionTimeout or StreamErrorCondition.Conflict
            or StreamErrorCondition.UndefinedCondition => Reconnection.Later,

        // It does not host the domain, does not let us in, or does not understand us: an operator has to do something.
        _ => Reconnection.Slowly,
    };
}

/// <summary>The stream that was up ends, and this is when the next may follow.</summary>
internal sealed record StreamGone(Reconnection Next);
