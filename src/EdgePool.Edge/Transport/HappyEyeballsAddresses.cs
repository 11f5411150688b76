using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using EdgePool.Dns.Resolving;
using EdgePool.Dns.Service;

namespace EdgePool.Edge.Transport;

/// <summary>The addresses that are known and not yet tried: families in turn, IPv6 first (RFC 8305 section 4). Pure.</summary>
internal sealed class HappyEyeballsAddresses(int maxAttempts)
{
    private readonly Queue<IPEndPoint> v6 = new();
    private readonly Queue<IPEndPoint> v4 = new();
    private readonly HashSet<IPEndPoint> seen = [];
    private bool preferV4;
    private bool denied;
    private DnsFailure dnsFailure;

    /// <summary>Whether an address is left.</summary>
    public bool Any => v6.Count + v4.Count != 0;

    /// <summary>What to say when nothing was tried.</summary>
    public (RaceFailure Reason, DnsFailure DnsFailure) WhyNone => (denied, dnsFailure) switch
    {
        (_, not DnsFailure.None) => (RaceFailure.Dns, dnsFailure),
        (true, _) => (RaceFailure.AddressesDenied, DnsFailure.None),
        _ => (RaceFailure.NoAddress, DnsFailure.None),
    };

    /// <summary>Takes what one address question gave. Doubles, and what is over the limit, are left out.</summary>
    public void Add(AddressBatch batch)
    {
        denied |= !batch.Denied.IsEmpty;
        dnsFailure = batch.Outcome == DnsOutcome.Failed ? batch.Failure : dnsFailure;
        foreach (var endPoint in batch.EndPoints)
        {
            if (seen.Count < maxAttempts && seen.Add(endPoint))
            {
                (endPoint.AddressFamily == AddressFamily.InterNetworkV6 ? v6 : v4).Enqueue(endPoint);
            }
        }
    }

    /// <summary>The next address to try.</summary>
    public bool TryTake([NotNullWhen(true)] out IPEndPoint? endPoint)
    {
        var (first, second) = preferV4 ? (v4, v6) : (v6, v4);
        if (!first.TryDequeue(out endPoint) && !second.TryDequeue(out endPoint))
        {
            return false;
        }

        preferV4 = endPoint.AddressFamily == AddressFamily.InterNetworkV6;
        return true;
    }
}
