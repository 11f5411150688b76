using System.Globalization;
using System.Text;
using EdgePool.Dns.Messages;

namespace EdgePool.Dns.Zones;

/// <summary>Records as master files write them (RFC 1035 section 5): one a line, every name absolute, so that they may stand in any file.</summary>
public static class ZoneText
{
    /// <summary>The record as a line, without its end: <c>edge-a.contoso.example. 300 IN A 203.0.113.10</c>.</summary>
    public static string Of(DnsRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return string.Create(CultureInfo.InvariantCulture, $"{Name(record.Name)} {record.Ttl} IN {Type(record.Type)} {Data(record)}");
    }

    /// <summary>The type's name; one that we have no name for as RFC 3597 section 5 writes it.</summary>
    public static string Type(DnsType type) => Enum.IsDefined(type) ? type.ToString() : string.Create(CultureInfo.InvariantCulture, $"TYPE{(int)type}");

    /// <summary>The data alone.</summary>
    public static string Data(DnsRecord record) => record switch
    {
        AddressRecord address => address.Address.ToString(),
        CnameRecord alias => Name(alias.Target),
        NsRecord server => Name(server.Server),
        SrvRecord srv => string.Create(CultureInfo.InvariantCulture, $"{srv.Priority} {srv.Weight} {srv.Port} {Name(srv.Target)}"),
        SoaRecord soa => string.Create(
            CultureInfo.InvariantCulture,
            $"{Name(soa.PrimaryServer)} {Name(soa.Mailbox)} {soa.Serial} {soa.Refresh} {soa.Retry} {soa.Expire} {soa.Minimum}"),
        TxtRecord text => string.Join(' ', text.Strings.Select(part => Quoted(part.Span))),
        TlsaRecord tlsa => string.Create(CultureInfo.InvariantCulture, $"{tlsa.Usage} {tlsa.Selector} {tlsa.MatchingType} {Convert.ToHexStringLower(tlsa.Data.Span)}"),
        CaaRecord caa => string.Create(CultureInfo.InvariantCulture, $"{caa.Flags} {caa.Tag} {Quoted(Encoding.ASCII.GetBytes(caa.Value))}"),
        OpaqueRecord opaque => string.Create(CultureInfo.InvariantCulture, $"\\# {opaque.Data.Length} {Convert.ToHexStringLower(opaque.Data.Span)}").TrimEnd(),
        _ => throw new ArgumentOutOfRangeException(nameof(record), record, "no kind of record"),
    };

    /// <summary>A name with its dot at the end; what master files read otherwise is escaped.</summary>
    private static string Name(DnsName name)
    {
        if (name.IsRoot)
        {
            return ".";
        }

        var text = new StringBuilder();
        foreach (var sign in name.ToString())
        {
            if (sign is '"' or ';' or '@' or '$' or '(' or ')')
            {
                text.Append('\\');
            }

            text.Append(sign);
        }

        return text.Append('.').ToString();
    }

    private static string Quoted(ReadOnlySpan<byte> octets)
    {
        var text = new StringBuilder("\"");
        foreach (var octet in octets)
        {
            if (octet is (byte)'"' or (byte)'\\')
            {
                text.Append('\\').Append((char)octet);
            }
            else if (octet is >= 0x20 and < 0x7F)
            {
                text.Append((char)octet);
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"\\{octet:D3}");
            }
        }

        return text.Append('"').ToString();
    }
}
