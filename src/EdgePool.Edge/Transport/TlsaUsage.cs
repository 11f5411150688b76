using System.Globalization;
using System.Security.Cryptography;
using EdgePool.Dns.Messages;

namespace EdgePool.Edge.Transport;

/// <summary>What a TLSA record asks of a chain (RFC 6698 section 2.1.1), by the names of RFC 7218.</summary>
internal enum TlsaUsage
{
    /// <summary>A trusted chain with this authority in it.</summary>
    PkixTa = 0,

    /// <summary>A trusted chain of this certificate.</summary>
    PkixEe = 1,

    /// <summary>A chain that ends in this authority, whoever trusts it.</summary>
    DaneTa = 2,

    /// <summary>This certificate, whatever it says.</summary>
    DaneEe = 3,
}

/// <summary>Reading TLSA records.</summary>
internal static class TlsaRecords
{
    private const int ShownDigits = 128;

    /// <summary>
    /// False for a record that says nothing that we understand, or whose hash has not the length of one: it is as if it were not there (RFC 7671 section 10.1).
    /// </summary>
    public static bool IsUsable(this TlsaRecord record) => record is { Usage: <= (byte)TlsaUsage.DaneEe, Selector: <= 1 } && record.MatchingType switch
    {
        0 => !record.Data.IsEmpty,
        1 => record.Data.Length == SHA256.HashSizeInBytes,
        2 => record.Data.Length == SHA512.HashSizeInBytes,
        _ => false,
    };

    /// <summary>As zone files have it, for logs: <c>3 1 1 0b9fa5…</c>, cut where the data are longer than any hash.</summary>
    public static string ToText(this TlsaRecord record)
    {
        var data = Convert.ToHexStringLower(record.Data.Span[..Math.Min(record.Data.Length, ShownDigits / 2)]);
        return string.Create(CultureInfo.InvariantCulture, $"{record.Usage} {record.Selector} {record.MatchingType} {data}{(record.Data.Length > ShownDigits / 2 ? "…" : "")}");
    }
}
