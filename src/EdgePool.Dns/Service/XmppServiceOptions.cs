using System.Net;

namespace EdgePool.Dns.Service;

/// <summary>What <see cref="XmppServiceResolver"/> may find.</summary>
public sealed record XmppServiceOptions
{
    /// <summary>The port without SRV records (RFC 6120 section 3.2.2).</summary>
    public const ushort DefaultPort = 5269;

    /// <summary>Targets of a plan; what sorts after them is left out.</summary>
    public int MaxTargets { get; init; } = 32;

    /// <summary>Addresses of one family that are tried for a target.</summary>
    public int MaxAddressesPerFamily { get; init; } = 16;

    /// <summary>How long an A answer waits for the AAAA answer (RFC 8305 section 3).</summary>
    public TimeSpan ResolutionDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Whether direct TLS (XEP-0368) is asked for.</summary>
    public bool DirectTls { get; init; } = true;

    /// <summary>Which ports may be connected to; 0 never is. Without a word: all but SSH and SMTP, which a foreign SRV record must not make us speak to.</summary>
    public Func<ushort, bool> AllowPort { get; init; } = static port => port is not (22 or 25);

    /// <summary>Which addresses may be connected to. Without a word: all. <see cref="AddressPolicy.PublicOnly"/> is for names that strangers give.</summary>
    public Func<IPAddress, bool> AllowAddress { get; init; } = static _ => true;
}
