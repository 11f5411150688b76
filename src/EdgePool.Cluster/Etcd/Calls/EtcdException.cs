namespace EdgePool.Cluster.Etcd.Calls;

/// <summary>A call that did not end well. The message is one line that names the endpoint.</summary>
/// <param name="code">The case.</param>
/// <param name="message">What happened, and where.</param>
/// <param name="outcome">Whether the store may have done what it was asked for.</param>
/// <param name="innerException">The cause.</param>
internal sealed class EtcdException(GrpcCode code, string message, Outcome outcome, Exception? innerException = null) : Exception(message, innerException)
{
    public GrpcCode Code { get; } = code;

    public Outcome Outcome { get; } = outcome;

    /// <summary>Another member, or the same one later, may answer better.</summary>
    public bool IsOfThisMember => Code is GrpcCode.Unavailable or GrpcCode.DeadlineExceeded or GrpcCode.Internal || Outcome is Outcome.Untrusted;
}

/// <summary>What is known of a call that failed.</summary>
internal enum Outcome
{
    /// <summary>Surely nothing was done.</summary>
    NotDone,

    /// <summary>It was done, or not, or will be.</summary>
    Unknown,

    /// <summary>Nothing was done: the two sides do not accept each other's certificates. Trying again does not help.</summary>
    Untrusted,
}
