using System.Collections.Immutable;
using System.Net;

namespace EdgePool.Dns.Messages;

/// <summary>What is asked for (RFC 1035 section 4.1.2).</summary>
/// <param name="Name">The name.</param>
/// <param name="Type">The type.</param>
/// <param name="Class">The class; IN but for odd askers.</param>
public readonly record struct DnsQuestion(DnsName Name, DnsType Type, DnsClass Class = DnsClass.IN);

/// <summary>A resource record of class IN (RFC 1035 section 3.2), one case per kind of data.</summary>
/// <param name="Name">The owner.</param>
/// <param name="Type">The type.</param>
/// <param name="Ttl">Seconds as on the wire; what is above 2^31-1 counts as 0 (RFC 2181 section 8).</param>
public abstract record DnsRecord(DnsName Name, DnsType Type, uint Ttl);

/// <summary>A or AAAA, by the family of the address.</summary>
/// <param name="Name">The owner.</param>
/// <param name="Ttl">Seconds.</param>
/// <param name="Address">IPv4 or IPv6.</param>
public sealed record AddressRecord(DnsName Name, uint Ttl, IPAddress Address)
    : DnsRecord(Name, Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? DnsType.A : DnsType.AAAA, Ttl);

/// <summary>CNAME.</summary>
/// <param name="Name">The alias.</param>
/// <param name="Ttl">Seconds.</param>
/// <param name="Target">The canonical name.</param>
public sealed record CnameRecord(DnsName Name, uint Ttl, DnsName Target) : DnsRecord(Name, DnsType.CNAME, Ttl);

/// <summary>NS.</summary>
/// <param name="Name">The zone.</param>
/// <param name="Ttl">Seconds.</param>
/// <param name="Server">The server's name.</param>
public sealed record NsRecord(DnsName Name, uint Ttl, DnsName Server) : DnsRecord(Name, DnsType.NS, Ttl);

/// <summary>SRV (RFC 2782).</summary>
/// <param name="Name">The service's name.</param>
/// <param name="Ttl">Seconds.</param>
/// <param name="Priority">Lower first.</param>
/// <param name="Weight">The share among equal priorities.</param>
/// <param name="Port">The port.</param>
/// <param name="Target">The host; the root says that the service is decidedly absent.</param>
public sealed record SrvRecord(DnsName Name, uint Ttl, ushort Priority, ushort Weight, ushort Port, DnsName Target)
    : DnsRecord(Name, DnsType.SRV, Ttl);

/// <summary>SOA (RFC 1035 section 3.3.13).</summary>
/// <param name="Name">The zone's apex.</param>
/// <param name="Ttl">Seconds.</param>
/// <param name="PrimaryServer">MNAME.</param>
/// <param name="Mailbox">RNAME.</param>
/// <param name="Serial">Compared by RFC 1982.</param>
/// <param name="Refresh">Seconds.</param>
/// <param name="Retry">Seconds.</param>
/// <param name="Expire">Seconds.</param>
/// <param name="Minimum">Seconds that a negative answer may be kept (RFC 2308 section 4).</param>
public sealed record SoaRecord(
    DnsName Name,
    uint Ttl,
    DnsName PrimaryServer,
    DnsName Mailbox,
    uint Serial,
    uint Refresh,
    uint Retry,
    uint Expire,
    uint Minimum)
    : DnsRecord(Name, DnsType.SOA, Ttl);

/// <summary>TXT: one or more strings of at most 255 octets each.</summary>
/// <param name="Name">The owner.</param>
/// <param name="Ttl">Seconds.</param>
/// <param name="Strings">The strings, as octets.</param>
public sealed record TxtRecord(DnsName Name, uint Ttl, ImmutableArray<ReadOnlyMemory<byte>> Strings) : DnsRecord(Name, DnsType.TXT, Ttl);

/// <summary>TLSA (RFC 6698 section 2.1): what the certificate of a TLS server is to match. The numbers are as on the wire; who matches leaves out what it does not know.</summary>
/// <param name="Name">The owner: <c>_port._tcp.host</c>.</param>
/// <param name="Ttl">Seconds.</param>
/// <param name="Usage">0 PKIX-TA, 1 PKIX-EE, 2 DANE-TA, 3 DANE-EE (RFC 7218).</param>
/// <param name="Selector">0 the whole certificate, 1 its public key.</param>
/// <param name="MatchingType">0 the data themselves, 1 their SHA-256, 2 their SHA-512.</param>
/// <param name="Data">What is to be matched; at most <see cref="DnsMessage.MaxLength"/> octets.</param>
public sealed record TlsaRecord(DnsName Name, uint Ttl, byte Usage, byte Selector, byte MatchingType, ReadOnlyMemory<byte> Data)
    : DnsRecord(Name, DnsType.TLSA, Ttl);

/// <summary>CAA (RFC 8659 section 4.1): who may issue certificates for a name and what is below it.</summary>
/// <param name="Name">The owner.</param>
/// <param name="Ttl">Seconds.</param>
/// <param name="Flags">128: who does not understand the tag must not issue.</param>
/// <param name="Tag">ASCII letters and digits, 1 to 255: <c>issue</c>, <c>issuewild</c>, <c>iodef</c>…</param>
/// <param name="Value">In ASCII.</param>
public sealed record CaaRecord(DnsName Name, uint Ttl, byte Flags, string Tag, string Value) : DnsRecord(Name, DnsType.CAA, Ttl);

/// <summary>A record whose data we carry and do not look into: every unknown type (RFC 3597), and every class but IN.</summary>
/// <param name="Name">The owner.</param>
/// <param name="Type">The type.</param>
/// <param name="Class">The class.</param>
/// <param name="Ttl">Seconds.</param>
/// <param name="Data">RDATA.</param>
public sealed record OpaqueRecord(DnsName Name, DnsType Type, DnsClass Class, uint Ttl, ReadOnlyMemory<byte> Data) : DnsRecord(Name, Type, Ttl);

/// <summary>The OPT pseudo-record (RFC 6891 section 6.1.2), without its options.</summary>
/// <param name="UdpPayloadSize">Octets of the largest datagram that the sender takes.</param>
/// <param name="ExtendedResponseCode">The upper eight bits of the response code.</param>
/// <param name="Version">0.</param>
/// <param name="DnssecOk">DO.</param>
public sealed record DnsEdns(ushort UdpPayloadSize, byte ExtendedResponseCode = 0, byte Version = 0, bool DnssecOk = false);
