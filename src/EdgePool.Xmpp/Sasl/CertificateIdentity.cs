using System.Buffers;
using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Xmpp.Sasl;

/// <summary>
/// Whether a certificate names a domain (RFC 9525, RFC 6120 section 13.7.1.2): DNS-ID, SRVName for <c>_xmpp-server</c> (RFC 4985), or id-on-xmppAddr
/// (RFC 6120 section 13.7.1.4). Never the subject's common name, an IP address or a URI. Says nothing about the chain: that is judged apart.
/// </summary>
/// <remarks>
/// The extension is DER from a peer that has proven nothing yet. It is read once, in order, without recursion, by a reader that never
/// leaves its bytes; more than 64 KiB or 1 024 names, anything that is not DER, or a second such extension, and the certificate names nobody.
/// </remarks>
public static class CertificateIdentity
{
    private const string SubjectAlternativeName = "2.5.29.17";
    private const string XmppAddr = "1.3.6.1.5.5.7.8.5";
    private const string SrvName = "1.3.6.1.5.5.7.8.7";
    private const string SrvService = "_xmpp-server.";
    private const int MostBytes = 65_536;
    private const int MostNames = 1_024;

    private static readonly Asn1Tag OtherName = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag DnsName = new(TagClass.ContextSpecific, 2);
    private static readonly SearchValues<char> HostLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.");

    /// <summary>True when the certificate names the domain.</summary>
    /// <param name="certificate">The end entity's certificate.</param>
    /// <param name="domain">The domain that the peer claims; an IP address literal is named by no certificate.</param>
    public static bool Matches(X509Certificate2 certificate, DomainName domain)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        ArgumentNullException.ThrowIfNull(domain);
        var extensions = certificate.Extensions.Where(e => string.Equals(e.Oid?.Value, SubjectAlternativeName, StringComparison.Ordinal)).ToArray();
        return extensions.Length == 1 && Matches(extensions[0].RawData, domain);
    }

    /// <summary>The same over the value of the subjectAltName extension: <c>GeneralNames ::= SEQUENCE OF GeneralName</c>.</summary>
    internal static bool Matches(ReadOnlyMemory<byte> subjectAlternativeName, DomainName domain)
    {
        if (subjectAlternativeName.Length > MostBytes || IPAddress.TryParse(domain.Ascii, out _))
            return false;
        try
        {
            var outer = new AsnReader(subjectAlternativeName, AsnEncodingRules.DER);
            var names = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            return AnyMatches(names, domain);
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    // All names are read, also behind a match: an extension that is broken anywhere proves nothing.
    private static bool AnyMatches(AsnReader names, DomainName domain)
    {
        var matches = false;
        for (var count = 0; names.HasData; count++)
        {
            if (count == MostNames)
                return false;
            var tag = names.PeekTag();
            if (tag.HasSameClassAndValue(DnsName) && !tag.IsConstructed)
                matches |= IsDnsId(Encoding.Latin1.GetString(ReadOctets(names)), domain);
            else if (tag.HasSameClassAndValue(OtherName))
                matches |= IsOtherName(names.ReadSequence(OtherName), domain);
            else
                names.ReadEncodedValue();
        }

        return matches;
    }

    private static byte[] ReadOctets(AsnReader names) => names.ReadOctetString(DnsName);

    // OtherName ::= SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY DEFINED BY type-id }
    private static bool IsOtherName(AsnReader other, DomainName domain)
    {
        var type = other.ReadObjectIdentifier();
        var value = other.ReadSequence(OtherName);
        other.ThrowIfNotEmpty();
        var tag = value.PeekTag();
        var matches = type switch
        {
            XmppAddr when tag.HasSameClassAndValue(new Asn1Tag(UniversalTagNumber.UTF8String)) =>
                IsXmppAddr(value.ReadCharacterString(UniversalTagNumber.UTF8String), domain),
            SrvName when tag.HasSameClassAndValue(new Asn1Tag(UniversalTagNumber.IA5String)) =>
                IsSrvName(value.ReadCharacterString(UniversalTagNumber.IA5String), domain),
            _ => Skip(value),
        };
        value.ThrowIfNotEmpty();
        return matches;
    }

    private static bool Skip(AsnReader value)
    {
        value.ReadEncodedValue();
        return false;
    }

    private static bool IsXmppAddr(string address, DomainName domain) => DomainName.TryParse(address, out var named) && named.Equals(domain);

    // RFC 4985: the service is compared without regard to case; no wildcard.
    private static bool IsSrvName(string name, DomainName domain) => name.StartsWith(SrvService, StringComparison.OrdinalIgnoreCase)
        && SameHost(name.AsSpan(SrvService.Length), domain.Ascii);

    // RFC 9525 section 6.3: '*' is the whole left-most label or it is nothing; it stands for exactly one label; and we demand two labels behind it.
    private static bool IsDnsId(string presented, DomainName domain)
    {
        if (!presented.StartsWith("*.", StringComparison.Ordinal))
            return SameHost(presented, domain.Ascii);
        var parent = presented.AsSpan(2);
        var dot = domain.Ascii.IndexOf('.', StringComparison.Ordinal);
        return parent.Contains('.') && dot > 0 && SameHost(parent, domain.Ascii.AsSpan(dot + 1));
    }

    // Letters, digits, hyphens and dots only: NUL, space, '*' and non-ASCII letters match nothing, and nothing is cut off.
    private static bool SameHost(ReadOnlySpan<char> presented, ReadOnlySpan<char> domain)
        => presented.IndexOfAnyExcept(HostLetters) < 0 && presented.Equals(domain, StringComparison.OrdinalIgnoreCase);
}
