using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace EdgePool.Dns.Messages;

/// <summary>
/// A domain name in wire form: length-prefixed labels that end with the root (RFC 1035 section 3.1), 1 to 255 octets, labels of at most 63.
/// Names that differ in the case of ASCII letters only are equal (RFC 4343); the case as given is kept for writing.
/// </summary>
public sealed class DnsName : IEquatable<DnsName>
{
    /// <summary>Octets of the longest name, with all length octets and the root (RFC 1035 section 2.3.4).</summary>
    public const int MaxLength = 255;

    /// <summary>Octets of the longest label.</summary>
    public const int MaxLabelLength = 63;

    private readonly byte[] wire;
    private readonly int hash;

    internal DnsName(ReadOnlySpan<byte> wire)
    {
        this.wire = wire.ToArray();
        var code = default(HashCode);
        foreach (var octet in wire)
        {
            code.Add(LowerCase(octet));
        }

        hash = code.ToHashCode();
    }

    /// <summary>The root, <c>.</c>.</summary>
    public static DnsName Root { get; } = new([0]);

    /// <summary>The uncompressed wire form.</summary>
    public ReadOnlySpan<byte> Wire => wire;

    /// <summary>Whether this is the root. As the target of an SRV record: the service is decidedly absent (RFC 2782).</summary>
    public bool IsRoot => wire.Length == 1;

    /// <summary>The name without its first label; null for the root.</summary>
    public DnsName? Parent => IsRoot ? null : new DnsName(wire.AsSpan(wire[0] + 1));

    /// <summary>
    /// Parses the presentation form (RFC 1035 section 5.1): ASCII labels with dots between, an optional dot at the end,
    /// <c>\DDD</c> and <c>\X</c> as escapes. False for empty labels, labels over 63 octets, names over 255, and non-ASCII.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out DnsName? name)
    {
        name = null;
        if (text is ".")
        {
            name = Root;
            return true;
        }

        Span<byte> buffer = stackalloc byte[MaxLength];
        var labelStart = 0;
        var length = 1;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '.')
            {
                if (!CloseLabel(buffer, labelStart, length) || length >= MaxLength)
                {
                    return false;
                }

                labelStart = length++;
                continue;
            }

            if (length >= MaxLength || !TryReadOctet(text, ref i, out buffer[length]))
            {
                return false;
            }

            length++;
        }

        var endsWithDot = labelStart == length - 1;
        if (text.IsEmpty || (!endsWithDot && (length >= MaxLength || !CloseLabel(buffer, labelStart, length))))
        {
            return false;
        }

        var end = endsWithDot ? labelStart : length;
        buffer[end] = 0;
        name = new DnsName(buffer[..(end + 1)]);
        return true;
    }

    /// <summary>Parses a name that we wrote ourselves.</summary>
    /// <exception cref="FormatException">The text is not a domain name.</exception>
    public static DnsName Parse(string text)
        => TryParse(text, out var name) ? name : throw new FormatException($"'{text}' is not a domain name (RFC 1035 section 2.3.4)");

    /// <summary>This name below more labels, such as <c>_xmpp-server._tcp</c>. False when the whole is over 255 octets or the labels are not a name.</summary>
    public bool TryPrepend(ReadOnlySpan<char> labels, [NotNullWhen(true)] out DnsName? name)
    {
        name = null;
        if (!TryParse(labels, out var prefix) || prefix.wire.Length - 1 + wire.Length > MaxLength)
        {
            return false;
        }

        name = new DnsName([.. prefix.wire.AsSpan(..^1), .. wire]);
        return true;
    }

    /// <summary>Whether this name is <paramref name="ancestor"/> or stands below it.</summary>
    public bool IsAtOrBelow(DnsName ancestor)
    {
        ArgumentNullException.ThrowIfNull(ancestor);
        var offset = 0;
        while (wire.Length - offset > ancestor.wire.Length)
        {
            offset += wire[offset] + 1;
        }

        return EqualWire(wire.AsSpan(offset), ancestor.wire);
    }

    /// <summary>The same name in small letters, for people: servers give back the case in which they were asked.</summary>
    public DnsName ToLowerCase()
    {
        var lower = new byte[wire.Length];
        for (var i = 0; i < lower.Length; i++)
        {
            lower[i] = LowerCase(wire[i]);
        }

        return new DnsName(lower);
    }

    /// <inheritdoc/>
    public bool Equals(DnsName? other) => other is not null && other.hash == hash && EqualWire(wire, other.wire);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DnsName);

    /// <inheritdoc/>
    public override int GetHashCode() => hash;

    /// <summary>The presentation form without a dot at the end (the root is <c>.</c>); octets that are not printable ASCII are escaped.</summary>
    public override string ToString()
    {
        if (IsRoot)
        {
            return ".";
        }

        var text = new StringBuilder(wire.Length);
        for (var offset = 0; wire[offset] != 0; offset += wire[offset] + 1)
        {
            if (offset != 0)
            {
                text.Append('.');
            }

            foreach (var octet in wire.AsSpan(offset + 1, wire[offset]))
            {
                AppendOctet(text, octet);
            }
        }

        return text.ToString();
    }

    /// <summary>Equality of two wire forms without regard to the case of ASCII letters. Length octets are below 64, so they never count as letters.</summary>
    internal static bool EqualWire(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.Length != right.Length)
        {
            return false;
        }

        for (var i = 0; i < left.Length; i++)
        {
            if (LowerCase(left[i]) != LowerCase(right[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static byte LowerCase(byte octet) => octet is >= (byte)'A' and <= (byte)'Z' ? (byte)(octet | 0x20) : octet;

    private static bool CloseLabel(Span<byte> buffer, int labelStart, int length)
    {
        var labelLength = length - labelStart - 1;
        if (labelLength is 0 or > MaxLabelLength)
        {
            return false;
        }

        buffer[labelStart] = (byte)labelLength;
        return true;
    }

    private static bool TryReadOctet(ReadOnlySpan<char> text, ref int index, out byte octet)
    {
        octet = 0;
        var current = text[index];
        if (current != '\\')
        {
            octet = (byte)current;
            return char.IsAscii(current);
        }

        var rest = text[(index + 1)..];
        if (rest.Length >= 3 && char.IsAsciiDigit(rest[0]))
        {
            index += 3;
            return byte.TryParse(rest[..3], NumberStyles.None, CultureInfo.InvariantCulture, out octet);
        }

        if (rest.IsEmpty || !char.IsAscii(rest[0]) || char.IsAsciiDigit(rest[0]))
        {
            return false;
        }

        index++;
        octet = (byte)rest[0];
        return true;
    }

    private static void AppendOctet(StringBuilder text, byte octet)
    {
        if (octet is (byte)'.' or (byte)'\\')
        {
            text.Append('\\').Append((char)octet);
        }
        else if (octet is > 0x20 and < 0x7F)
        {
            text.Append((char)octet);
        }
        else
        {
            text.Append(CultureInfo.InvariantCulture, $"\\{octet:D3}");
        }
    }
}
