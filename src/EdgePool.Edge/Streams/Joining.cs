using EdgePool.Edge.Routing;

namespace EdgePool.Edge.Streams;

/// <summary>Asks a stream that is up to carry a further route; it answers with <see cref="JoinAnswer"/>, or ends.</summary>
internal sealed record JoinStream(Route Route);

/// <summary>The stream carries the route from now on, or will not.</summary>
internal sealed record JoinAnswer(bool Joined);

/// <summary>The route is to be carried no longer; what is being written of it goes on.</summary>
internal sealed record LeaveStream(Route Route);

/// <summary>Whether a stream takes a further pair on.</summary>
internal enum JoinVerdict
{
    /// <summary>No.</summary>
    Refuse,

    /// <summary>At once: the pair is authenticated on it.</summary>
    Carry,

    /// <summary>When the peer agrees.</summary>
    Ask,
}
