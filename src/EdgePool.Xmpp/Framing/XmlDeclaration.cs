namespace EdgePool.Xmpp.Framing;

/// <summary>
/// The XML declaration (XML 1.0 section 2.8; RFC 6120 sections 11.5 and 11.6): <c>&lt;?xml version='1.0' encoding='UTF-8' standalone='yes'?&gt;</c>.
/// Anything but version 1.0 and UTF-8 is refused.
/// </summary>
internal static class XmlDeclaration
{
    /// <summary>Longest declaration read; an honest one takes 60 bytes.</summary>
    internal const int MaxBytes = 256;

    internal static ReadOnlySpan<byte> Opening => "<?xml"u8;

    /// <summary>Goes on at <paramref name="at"/> in data that begins with <see cref="Opening"/>; done behind <c>?&gt;</c>.</summary>
    internal static RunStatus Scan(ReadOnlySpan<byte> data, ref int at, out FramingViolation? violation)
    {
        violation = null;
        for (; at < data.Length; at++)
        {
            var value = data[at];
            if (at == MaxBytes)
            {
                violation = Violations.DeclarationBytes;
                return RunStatus.Invalid;
            }

            if (value == (byte)'>' && data[at - 1] == (byte)'?')
            {
                at++;
                violation = Judge(data[Opening.Length..(at - 2)]);
                return violation is null ? RunStatus.Done : RunStatus.Invalid;
            }

            if (value is >= 0x7F or (byte)'<' or (byte)'&' || (value < 0x20 && !CharacterRuns.IsSpace(value)))
            {
                violation = Violations.Declaration;
                return RunStatus.Invalid;
            }
        }

        return RunStatus.NeedMore;
    }

    private static FramingViolation? Judge(ReadOnlySpan<byte> rest)
    {
        if (!TryTake(ref rest, "version"u8, out var version))
        {
            return Violations.Declaration;
        }

        if (!version.SequenceEqual("1.0"u8))
        {
            return Violations.DeclaredVersion;
        }

        var hasEncoding = TryTake(ref rest, "encoding"u8, out var encoding);
        if (TryTake(ref rest, "standalone"u8, out var standalone) && !standalone.SequenceEqual("yes"u8) && !standalone.SequenceEqual("no"u8))
        {
            return Violations.Declaration;
        }

        if (!Trim(rest).IsEmpty || (hasEncoding && !IsEncodingName(encoding)))
        {
            return Violations.Declaration;
        }

        return hasEncoding && !System.Text.Ascii.EqualsIgnoreCase(encoding, "utf-8"u8) ? Violations.DeclaredEncoding : null;
    }

    // S name S? '=' S? quoted value
    private static bool TryTake(ref ReadOnlySpan<byte> rest, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        var next = Trim(rest);
        if (next.Length == rest.Length || !next.StartsWith(name))
        {
            return false;
        }

        next = Trim(next[name.Length..]);
        if (next.IsEmpty || next[0] != (byte)'=')
        {
            return false;
        }

        next = Trim(next[1..]);
        if (next.IsEmpty || next[0] is not ((byte)'\'' or (byte)'"'))
        {
            return false;
        }

        var end = next[1..].IndexOf(next[0]);
        if (end < 0)
        {
            return false;
        }

        value = next.Slice(1, end);
        rest = next[(end + 2)..];
        return true;
    }

    private static bool IsEncodingName(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty || !char.IsAsciiLetter((char)name[0]))
        {
            return false;
        }

        foreach (var value in name)
        {
            if (!char.IsAsciiLetterOrDigit((char)value) && value is not ((byte)'.' or (byte)'_' or (byte)'-'))
            {
                return false;
            }
        }

        return true;
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text) => text.TrimStart(" \t\r\n"u8);
}
