using System.Buffers;
using System.Diagnostics;

namespace EdgePool.Xmpp.Framing;

/// <summary>What <see cref="ValidatedReader.Read"/> stands on.</summary>
internal enum XmlToken
{
    None,
    StartTag,
    EndTag,
    Text,
    CdataSection,
}

/// <summary>
/// Reads the tokens of one complete element that the scanner has validated, so nothing is checked again. Behind a start tag, take its
/// attributes with <see cref="ReadAttribute"/> until there is none; then <see cref="IsEmpty"/> holds.
/// </summary>
internal ref struct ValidatedReader
{
    private static readonly SearchValues<byte> NameEnds = SearchValues.Create(" \t\r\n=/>"u8);

    private ReadOnlySpan<byte> rest;

    internal ValidatedReader(ReadOnlySpan<byte> element)
    {
        rest = element;
        Name = default;
        Value = default;
    }

    internal XmlToken Token { get; private set; }

    /// <summary>The qualified name of the tag or of the attribute.</summary>
    internal ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The raw value of the attribute, or the raw text.</summary>
    internal ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>The start tag was an empty element's: no end tag follows.</summary>
    internal bool IsEmpty { get; private set; }

    /// <summary>Moves to the next token; false behind the last.</summary>
    internal bool Read()
    {
        if (rest.IsEmpty)
        {
            Token = XmlToken.None;
            return false;
        }

        if (rest[0] != (byte)'<')
        {
            var end = rest.IndexOf((byte)'<');
            Value = rest[..end];
            rest = rest[end..];
            Token = XmlToken.Text;
        }
        else if (rest[1] == (byte)'!')
        {
            rest = rest["<![CDATA[".Length..];
            var end = rest.IndexOf("]]>"u8);
            Value = rest[..end];
            rest = rest[(end + 3)..];
            Token = XmlToken.CdataSection;
        }
        else if (rest[1] == (byte)'/')
        {
            var end = rest.IndexOf((byte)'>');
            Name = rest[2..end].TrimEnd(" \t\r\n"u8);
            rest = rest[(end + 1)..];
            Token = XmlToken.EndTag;
        }
        else
        {
            rest = rest[1..];
            Name = TakeName();
            Token = XmlToken.StartTag;
        }

        return true;
    }

    /// <summary>Moves to the start tag's next attribute; false behind the last.</summary>
    internal bool ReadAttribute()
    {
        Debug.Assert(Token == XmlToken.StartTag, "only a start tag has attributes");
        rest = rest.TrimStart(" \t\r\n"u8);
        if (rest[0] is (byte)'>' or (byte)'/')
        {
            IsEmpty = rest[0] == (byte)'/';
            rest = rest[(IsEmpty ? 2 : 1)..];
            return false;
        }

        Name = TakeName();
        rest = rest[(rest.IndexOfAny((byte)'\'', (byte)'"'))..];
        var end = rest[1..].IndexOf(rest[0]);
        Value = rest.Slice(1, end);
        rest = rest[(end + 2)..];
        return true;
    }

    private ReadOnlySpan<byte> TakeName()
    {
        var end = rest.IndexOfAny(NameEnds);
        var name = rest[..end];
        rest = rest[end..];
        return name;
    }
}
