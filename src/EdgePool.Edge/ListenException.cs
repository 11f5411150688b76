using System.Net;
using System.Net.Sockets;

namespace EdgePool.Edge;

/// <summary>An address that cannot be bound.</summary>
public sealed class ListenException : Exception
{
    /// <summary>Where the configuration has the addresses for partners and back ends.</summary>
    internal const string Listeners = "listeners";

    internal ListenException(IPEndPoint address, SocketException cause)
        : base($"cannot listen on {address}: {cause.Message}", cause)
    {
        Address = address;
        Error = cause.SocketErrorCode;
    }

    /// <summary>The address.</summary>
    public IPEndPoint Address { get; }

    /// <summary>Where the configuration has it.</summary>
    public string Setting { get; init; } = Listeners;

    /// <summary>What the system said.</summary>
    public SocketError Error { get; }
}
