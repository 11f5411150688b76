using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace EdgePool.Server.Certificates;

/// <summary>
/// The subjectAltName extension, written and read with all kinds of names. For people and for requests: whether a certificate proves a domain is judged by
/// <see cref="Xmpp.Sasl.CertificateIdentity"/> alone.
/// </summary>
internal static class AlternativeNames
{
    /// <summary>Object identifier of the extension.</summary>
    public const string Oid = "2.5.29.17";

    /// <summary>More than this of one certificate is not shown, nor asked for: no partner reads more than 1,024.</summary>
    public const int Most = 1_000;

    private const string XmppAddr = "1.3.6.1.5.5.7.8.5";
    private const string DnsSrv = "1.3.6.1.5.5.7.8.7";

    private static readonly Asn1Tag ExplicitZero = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag EmailTag = new(TagClass.ContextSpecific, 1);
    private static readonly Asn1Tag DnsTag = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag UriTag = new(TagClass.ContextSpecific, 6);
    private static readonly Asn1Tag AddressTag = new(TagClass.ContextSpecific, 7);

    /// <summary>GeneralNames ::= SEQUENCE OF GeneralName, of the kinds that can be asked for: DNS, SRV and XMPP.</summary>
    public static X509Extension Write(IEnumerable<AlternativeName> names)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (var name in names)
            {
                Write(writer, name);
            }
        }

        return new X509Extension(Oid, writer.Encode(), critical: false);
    }

    /// <summary>The names of a certificate or request in their order, at most <see cref="Most"/>; null: the extension is broken. None without the extension.</summary>
    public static IReadOnlyList<AlternativeName>? Read(IEnumerable<X509Extension> extensions)
    {
        if (extensions.FirstOrDefault(e => string.Equals(e.Oid?.Value, Oid, StringComparison.Ordinal)) is not { } extension)
        {
            return [];
        }

        try
        {
            var outer = new AsnReader(extension.RawData, AsnEncodingRules.DER);
            var sequence = outer.ReadSequence();
            var names = new List<AlternativeName>();
            while (sequence.HasData && names.Count < Most)
            {
                names.Add(ReadOne(sequence));
            }

            return names;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    private static void Write(AsnWriter writer, AlternativeName name)
    {
        switch (name.Kind)
        {
            case NameKind.Dns:
                writer.WriteCharacterString(UniversalTagNumber.IA5String, name.Value, DnsTag);
                break;
            case NameKind.Service:
                WriteOther(writer, DnsSrv, UniversalTagNumber.IA5String, name.Value);
                break;
            case NameKind.Xmpp:
                WriteOther(writer, XmppAddr, UniversalTagNumber.UTF8String, name.Value);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(name), name.Kind, "not a kind that is asked for");
        }
    }

    // OtherName ::= SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY DEFINED BY type-id }
    private static void WriteOther(AsnWriter writer, string type, UniversalTagNumber form, string value)
    {
        using (writer.PushSequence(ExplicitZero))
        {
            writer.WriteObjectIdentifier(type);
            using (writer.PushSequence(ExplicitZero))
            {
                writer.WriteCharacterString(form, value);
            }
        }
    }

    private static AlternativeName ReadOne(AsnReader names)
    {
        var tag = names.PeekTag();
        return tag switch
        {
            _ when tag.HasSameClassAndValue(DnsTag) => new(NameKind.Dns, names.ReadCharacterString(UniversalTagNumber.IA5String, DnsTag)),
            _ when tag.HasSameClassAndValue(EmailTag) => new(NameKind.Email, names.ReadCharacterString(UniversalTagNumber.IA5String, EmailTag)),
            _ when tag.HasSameClassAndValue(UriTag) => new(NameKind.Uri, names.ReadCharacterString(UniversalTagNumber.IA5String, UriTag)),
            _ when tag.HasSameClassAndValue(AddressTag) => new(NameKind.Address, Address(names.ReadOctetString(AddressTag))),
            _ when tag.HasSameClassAndValue(ExplicitZero) => ReadOther(names.ReadSequence(ExplicitZero)),
            _ => Skip(names, tag),
        };
    }

    private static AlternativeName ReadOther(AsnReader other)
    {
        var type = other.ReadObjectIdentifier();
        var value = other.ReadSequence(ExplicitZero);
        var tag = value.PeekTag();
        return type switch
        {
            DnsSrv when tag == new Asn1Tag(UniversalTagNumber.IA5String) => new(NameKind.Service, value.ReadCharacterString(UniversalTagNumber.IA5String)),
            XmppAddr when tag == new Asn1Tag(UniversalTagNumber.UTF8String) => new(NameKind.Xmpp, value.ReadCharacterString(UniversalTagNumber.UTF8String)),
            _ => new(NameKind.Other, type),
        };
    }

    private static AlternativeName Skip(AsnReader names, Asn1Tag tag)
    {
        names.ReadEncodedValue();
        return new(NameKind.Other, tag.HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, 4)) ? "directory name" : tag.ToString());
    }

    private static string Address(byte[] bytes) => bytes.Length is 4 or 16 ? new IPAddress(bytes).ToString() : Convert.ToHexStringLower(bytes);
}
