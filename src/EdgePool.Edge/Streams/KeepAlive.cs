namespace EdgePool.Edge.Streams;

/// <summary>What silence on a partner's inbound stream calls for.</summary>
internal enum KeepAliveStep
{
    /// <summary>Nothing yet.</summary>
    None,

    /// <summary>The partner is asked for a sign of life.</summary>
    Ask,

    /// <summary>It gave none: the stream ends.</summary>
    End,
}

/// <summary>
/// The keep-alive of streams with partners that have it on (<c>enableKeepAlive</c>), in intervals of the gateway's <c>keepAliveInterval</c>. S2S streams go
/// one way, so each side of a partnership is another stream, and each has its own rule:
/// <list type="bullet">
/// <item>On a stream that the partner opened, something must come within each interval: a stanza, a part of one, or white space. After half the interval without,
/// the partner is asked by a ping (XEP-0199) on a stream of ours for the same pair of domains, if one is up; its answer, be it an error, comes on a stream that the partner opened.
/// After the whole interval the stream ends with <c>connection-timeout</c>. A partner that has more to say opens another.</item>
/// <item>On a stream that we opened nothing but white space may ever come back, so nothing is demanded. After half an interval in which we wrote nothing,
/// we write a space: state in firewalls lives on, and a connection that is dead shows.</item>
/// </list>
/// A stream that is kept alive in this way is not inactive: <c>streamInactivityTimeout</c> is for partners with keep-alive off, and for streams of ours.
/// </summary>
internal static class KeepAlive
{
    /// <param name="silence">Since the last byte from the partner.</param>
    /// <param name="interval">The gateway's.</param>
    /// <param name="asked">The partner was asked in this silence.</param>
    public static KeepAliveStep Inbound(TimeSpan silence, TimeSpan interval, bool asked)
        => silence >= interval ? KeepAliveStep.End
        : silence >= interval / 2 && !asked ? KeepAliveStep.Ask
        : KeepAliveStep.None;
}
