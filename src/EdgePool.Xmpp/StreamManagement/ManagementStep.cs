using EdgePool.Xmpp.Streams;

namespace EdgePool.Xmpp.StreamManagement;

/// <summary>What an element of XEP-0198 asks of the stream's owner: a closed set.</summary>
public abstract record ManagementStep
{
    private ManagementStep()
    {
    }

    /// <summary>The peer enables it: both counts begin at zero. Answer with <c>&lt;enabled/&gt;</c>.</summary>
    /// <param name="Resumable">The peer would like to resume the stream when it is lost.</param>
    public sealed record Enable(bool Resumable) : ManagementStep;

    /// <summary>The peer has taken our <c>&lt;enable/&gt;</c>: its stanzas are counted from here.</summary>
    /// <param name="Id">By which the stream can be resumed; null: it cannot.</param>
    public sealed record Enabled(string? Id) : ManagementStep
    {
        /// <summary>How long after its loss; null: the peer does not say.</summary>
        public TimeSpan? AtMost { get; init; }

        /// <summary>Where the peer would like to be called then (<c>host:port</c>), as it wrote it; null: it does not say.</summary>
        public string? Location { get; init; }
    }

    /// <summary>The peer has refused our <c>&lt;enable/&gt;</c>: nothing is counted.</summary>
    public sealed record Refused : ManagementStep;

    /// <summary>The peer wants to go on with a former stream: call <see cref="ManagementNegotiation.Resume"/> with whether it can.</summary>
    /// <param name="Id">The former stream's.</param>
    /// <param name="H">How many of our stanzas it has handled.</param>
    public sealed record Resume(string Id, uint H) : ManagementStep;

    /// <summary>The former stream goes on here.</summary>
    /// <param name="H">How many of our stanzas the peer has handled; what is more is sent again.</param>
    public sealed record Resumed(uint H) : ManagementStep;

    /// <summary>The former stream is lost for good; this one is as good as any.</summary>
    /// <param name="H">How many of our stanzas the peer had handled; null: it does not say.</param>
    public sealed record NotResumed(uint? H) : ManagementStep;

    /// <summary>The peer wants to know how many of its stanzas are handled.</summary>
    public sealed record Request : ManagementStep;

    /// <summary>The peer says how many of our stanzas it has handled.</summary>
    public sealed record Answer(uint H) : ManagementStep;

    /// <summary>An answer that the peer waits for, and nothing changes.</summary>
    public sealed record Reply(ReadOnlyMemory<byte> Xml) : ManagementStep;

    /// <summary>Passed over; count it.</summary>
    /// <param name="Reason">A stable text.</param>
    public sealed record Ignore(string Reason) : ManagementStep;

    /// <summary>The stream ends.</summary>
    public sealed record End(StreamEndReason Reason, StreamError Error, string Detail) : ManagementStep;
}
