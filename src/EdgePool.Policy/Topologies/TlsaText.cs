using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace EdgePool.Policy.Topologies;

/// <summary>A TLSA record as zone files write it (RFC 6698 section 2.2): usage, selector, matching type and the data in hexadecimal.</summary>
/// <param name="Usage">0 to 3.</param>
/// <param name="Selector">0: the certificate, 1: its key.</param>
/// <param name="Matching">0: as it is, 1: SHA-256, 2: SHA-512.</param>
/// <param name="Data">In lower-case hexadecimal.</param>
public sealed record TlsaText(byte Usage, byte Selector, byte Matching, string Data)
{
    private const int MostData = 4096;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Usage} {Selector} {Matching} {Data}");

    /// <summary>Reads one. What it matches by a hash must have the hash's length.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out TlsaText? record)
    {
        ArgumentNullException.ThrowIfNull(text);
        record = null;
        var parts = text.Split(' ', 4, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length < 4 || !TryNumber(parts[0], 3, out var usage) || !TryNumber(parts[1], 1, out var selector) || !TryNumber(parts[2], 2, out var matching))
        {
            return false;
        }

        var data = parts[3].Replace(" ", "", StringComparison.Ordinal).ToLowerInvariant();
        var length = matching switch { 1 => 64, 2 => 128, _ => data.Length };
        if (data.Length is 0 or > MostData || data.Length % 2 != 0 || data.Length != length || !data.All(char.IsAsciiHexDigit))
        {
            return false;
        }

        record = new TlsaText(usage, selector, matching, data);
        return true;
    }

    private static bool TryNumber(string text, byte most, out byte number)
        => byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= most;
}
