using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using EdgePool.Dns.Resolving;

namespace EdgePool.Edge.Transport;

/// <summary>How one attempt to connect ended without a connection.</summary>
internal enum ConnectFault
{
    /// <summary>Nobody listens there.</summary>
    Refused,

    /// <summary>The network or the host cannot be reached.</summary>
    Unreachable,

    /// <summary>No answer in time, or no answer yet when the race was over.</summary>
    TimedOut,

    /// <summary>Anything else, such as a reset.</summary>
    Other,
}

/// <summary>One attempt that gave no connection.</summary>
/// <param name="EndPoint">Whom.</param>
/// <param name="Fault">How it ended.</param>
/// <param name="SocketError">What the operating system said; Success when it said nothing.</param>
internal sealed record ConnectFailure(IPEndPoint EndPoint, ConnectFault Fault, SocketError SocketError)
{
    /// <summary>In words, for logs: <c>192.0.2.1:5269 refused</c>.</summary>
    public override string ToString() => EndPoint + Fault switch
    {
        ConnectFault.Refused => " refused",
        ConnectFault.Unreachable => " cannot be reached",
        ConnectFault.TimedOut => " did not answer in time",
        _ => $": {SocketError}",
    };
}

/// <summary>Why a race gave no connection.</summary>
internal enum RaceFailure
{
    /// <summary>All addresses were tried, and each failed.</summary>
    AllFailed,

    /// <summary>The time was up.</summary>
    TimedOut,

    /// <summary>The host has no address.</summary>
    NoAddress,

    /// <summary>The host has no address that the policy allows.</summary>
    AddressesDenied,

    /// <summary>The DNS did not tell the addresses.</summary>
    Dns,
}

/// <summary>The end of a race.</summary>
/// <typeparam name="T">The connection.</typeparam>
internal abstract record RaceResult<T>
{
    private RaceResult()
    {
    }

    /// <summary>The first connection that came up; it is the caller's now.</summary>
    /// <param name="Connection">The connection.</param>
    /// <param name="EndPoint">Where to.</param>
    /// <param name="Failures">The attempts that had failed by then.</param>
    public sealed record Connected(T Connection, IPEndPoint EndPoint, ImmutableArray<ConnectFailure> Failures) : RaceResult<T>;

    /// <summary>No connection.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="DnsFailure">What the DNS said, with <see cref="RaceFailure.Dns"/>.</param>
    /// <param name="Failures">Each attempt, in the order in which they ended.</param>
    public sealed record Failed(RaceFailure Reason, DnsFailure DnsFailure, ImmutableArray<ConnectFailure> Failures) : RaceResult<T>
    {
        /// <summary>In words, for logs.</summary>
        public override string ToString() => Reason switch
        {
            RaceFailure.NoAddress => "the host has no address",
            RaceFailure.AddressesDenied => "the host's addresses are none that may be connected to",
            RaceFailure.Dns => $"the DNS does not tell the host's addresses: {DnsFailure}",
            RaceFailure.TimedOut when Failures.IsEmpty => "no address in time",
            _ => string.Join(", ", Failures),
        };
    }
}
