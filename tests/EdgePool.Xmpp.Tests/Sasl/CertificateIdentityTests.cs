using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Sasl;
using Xunit;

namespace EdgePool.Xmpp.Tests.Sasl;

// RFC 9525 section 6, RFC 6120 section 13.7.1.2, RFC 4985: which domains a certificate names.
public class CertificateIdentityTests
{
    private const string XmppAddr = "1.3.6.1.5.5.7.8.5";
    private const string SrvName = "1.3.6.1.5.5.7.8.7";

    private static readonly ECDsa Key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    [Theory]
    [InlineData("CERT-01", "p1.example", "p1.example", true)]
    [InlineData("CERT-01", "P1.EXAMPLE", "p1.example", true)]
    [InlineData("CERT-01", "x.p1.example", "p1.example", false)]
    [InlineData("CERT-01", "p1.example", "x.p1.example", false)]
    [InlineData("CERT-23", "*.example", "p1.example", false)]
    [InlineData("CERT-23", "*.p1.example", "p1.example", false)]
    [InlineData("CERT-23", "*.p1.example", "x.p1.example", true)]
    [InlineData("CERT-23", "*.P1.example", "x.p1.example", true)]
    [InlineData("CERT-23", "*.p1.example", "x.y.p1.example", false)]
    [InlineData("CERT-24", "p*.example", "p1.example", false)]
    [InlineData("CERT-24", "*p1.example", "xp1.example", false)]
    [InlineData("CERT-24", "p1.*", "p1.example", false)]
    [InlineData("CERT-24", "*", "p1.example", false)]
    [InlineData("CERT-24", "*", "localhost", false)]
    [InlineData("CERT-24", "*.*.example", "a.b.example", false)]
    [InlineData("CERT-24", "x*.p1.example", "xy.p1.example", false)]
    [InlineData("CERT-24", "xn--*.example", "xn--bcher-kva.example", false)]
    [InlineData("CERT-28", "p1.example\0.evil", "p1.example", false)]
    [InlineData("CERT-28", "p1.example\0", "p1.example", false)]
    [InlineData("CERT-28", "p1.example ", "p1.example", false)]
    [InlineData("CERT-28", " p1.example", "p1.example", false)]
    [InlineData("CERT-28", "p1.example.", "p1.example", false)]
    [InlineData("CERT-28", "b\u00fccher.example", "bücher.example", false)]
    [InlineData("CERT-28", "", "p1.example", false)]
    [InlineData("CERT-32", "xn--bcher-kva.example", "bücher.example", true)]
    [InlineData("CERT-31", "192.0.2.1", "192.0.2.1", false)]
    public void DnsId_Matches(string id, string presented, string domain, bool expected)
        => Assert.True(expected == Named(w => Dns(w, Encoding.Latin1.GetBytes(presented)), domain), id);

    [Theory]
    [InlineData("CERT-29", XmppAddr, "p1.example", UniversalTagNumber.UTF8String, "p1.example", true)]
    [InlineData("CERT-29", XmppAddr, "P1.example", UniversalTagNumber.UTF8String, "p1.example", true)]
    [InlineData("CERT-29", XmppAddr, "a@p1.example", UniversalTagNumber.UTF8String, "p1.example", false)]
    [InlineData("CERT-29", XmppAddr, "p1.example/r", UniversalTagNumber.UTF8String, "p1.example", false)]
    [InlineData("CERT-29", XmppAddr, "*.p1.example", UniversalTagNumber.UTF8String, "x.p1.example", false)]
    [InlineData("CERT-29", XmppAddr, "p1.example", UniversalTagNumber.IA5String, "p1.example", false)]
    [InlineData("CERT-29", "1.3.6.1.5.5.7.8.6", "p1.example", UniversalTagNumber.UTF8String, "p1.example", false)]
    [InlineData("CERT-32", XmppAddr, "bücher.example", UniversalTagNumber.UTF8String, "bücher.example", true)]
    [InlineData("CERT-32", XmppAddr, "xn--bcher-kva.example", UniversalTagNumber.UTF8String, "bücher.example", true)]
    [InlineData("RFC 4985", SrvName, "_xmpp-server.p1.example", UniversalTagNumber.IA5String, "p1.example", true)]
    [InlineData("RFC 4985", SrvName, "_XMPP-Server.P1.Example", UniversalTagNumber.IA5String, "p1.example", true)]
    [InlineData("RFC 4985", SrvName, "_xmpp-client.p1.example", UniversalTagNumber.IA5String, "p1.example", false)]
    [InlineData("RFC 4985", SrvName, "_xmpp-server.*.p1.example", UniversalTagNumber.IA5String, "x.p1.example", false)]
    [InlineData("RFC 4985", SrvName, "p1.example", UniversalTagNumber.IA5String, "p1.example", false)]
    [InlineData("RFC 4985", SrvName, "_xmpp-server.p1.example", UniversalTagNumber.UTF8String, "p1.example", false)]
    public void OtherName_Matches(string id, string oid, string value, UniversalTagNumber type, string domain, bool expected)
        => Assert.True(expected == Named(w => Other(w, oid, value, type), domain), id);

    [Fact]
    public void IpAddressAndUri_NeverMatch() // CERT-31
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddUri(new Uri("xmpp:p1.example"));
        names.AddEmailAddress("p1.example");
        using var certificate = Certificate("CN=x", names.Build());
        Assert.False(CertificateIdentity.Matches(certificate, DomainName.Parse("127.0.0.1")));
        Assert.False(CertificateIdentity.Matches(certificate, DomainName.Parse("p1.example")));
    }

    [Theory]
    [InlineData("CERT-26", "CN=p1.example")]
    [InlineData("CERT-27", "OU=\"x, CN=p1.example\"")]
    public void CommonName_NeverMatches(string id, string subject)
    {
        using var bare = Certificate(subject, null);
        Assert.False(CertificateIdentity.Matches(bare, DomainName.Parse("p1.example")), id);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("p3.example");
        using var other = Certificate(subject, names.Build());
        Assert.False(CertificateIdentity.Matches(other, DomainName.Parse("p1.example")), id);
        Assert.True(CertificateIdentity.Matches(other, DomainName.Parse("p3.example")), id);
    }

    [Fact]
    public void Names_AnyOfSeveral_Match()
    {
        void Names(AsnWriter w)
        {
            Other(w, XmppAddr, "p1.example", UniversalTagNumber.UTF8String);
            Dns(w, "p2.example"u8);
            Other(w, SrvName, "_xmpp-server.p3.example", UniversalTagNumber.IA5String);
        }

        Assert.True(Named(Names, "p1.example"));
        Assert.True(Named(Names, "p2.example"));
        Assert.True(Named(Names, "p3.example"));
        Assert.False(Named(Names, "p4.example"));
    }

    [Fact]
    public void Extension_Twice_NamesNobody()
    {
        // CertificateRequest refuses to write two; so the second is written under a neighbouring type, which is then changed in place.
        var request = new CertificateRequest("CN=x", Key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509Extension("2.5.29.17", Extension(w => Dns(w, "p1.example"u8)), critical: false));
        request.CertificateExtensions.Add(new X509Extension("2.5.29.127", Extension(w => Dns(w, "p2.example"u8)), critical: false));
        using var one = Issue(request);
        Assert.True(CertificateIdentity.Matches(one, DomainName.Parse("p1.example")));
        var der = one.RawData;
        der[der.AsSpan().IndexOf(new byte[] { 0x06, 0x03, 0x55, 0x1D, 0x7F }) + 4] = 0x11;
        using var two = X509CertificateLoader.LoadCertificate(der);
        Assert.Equal(2, two.Extensions.Count(e => e.Oid?.Value is "2.5.29.17"));
        Assert.False(CertificateIdentity.Matches(two, DomainName.Parse("p1.example")));
        Assert.False(CertificateIdentity.Matches(two, DomainName.Parse("p2.example")));
    }

    [Theory] // CERT-36
    [InlineData("truncated", "300C820A70312E6578616D706C")]
    [InlineData("length beyond the end", "300C820B70312E6578616D706C65")]
    [InlineData("indefinite length", "3080820A70312E6578616D706C650000")]
    [InlineData("bytes behind", "300C820A70312E6578616D706C6500")]
    [InlineData("not a sequence", "310C820A70312E6578616D706C65")]
    [InlineData("empty", "")]
    [InlineData("broken name behind a good one", "300E820A70312E6578616D706C65A07F")]
    [InlineData("otherName without value", "3017820A70312E6578616D706C65A00906072B060105050708")]
    [InlineData("long form of a short length", "30810C820A70312E6578616D706C65")]
    public void Extension_CERT36_NotDer_NamesNobody(string fault, string hex)
        => Assert.False(CertificateIdentity.Matches(Convert.FromHexString(hex), DomainName.Parse("p1.example")), fault);

    [Fact]
    public void Extension_WellFormedTwin_NamesTheDomain() // the base of the broken ones above
        => Assert.True(CertificateIdentity.Matches(Convert.FromHexString("300C820A70312E6578616D706C65"), DomainName.Parse("p1.example")));

    [Fact]
    public void Extension_CERT36_NestedTenThousandDeep_ReadWithoutRecursion() // CERT-36
    {
        var inner = Array.Empty<byte>();
        for (var depth = 0; depth < 10_000; depth++)
        {
            var writer = new AsnWriter(AsnEncodingRules.DER);
            using (writer.PushSequence())
            {
                if (inner.Length > 0)
                    writer.WriteEncodedValue(inner);
            }

            inner = writer.Encode();
        }

        Assert.True(inner.Length < 65_536);
        Assert.True(Named(w =>
        {
            Dns(w, "p1.example"u8);
            using (w.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 4)))
                w.WriteEncodedValue(inner);
        }, "p1.example"));
    }

    [Theory]
    [InlineData(1_023, true)]
    [InlineData(1_024, false)]
    public void Names_AtTheLimit(int others, bool expected) => Assert.Equal(expected, Named(w =>
    {
        for (var i = 0; i < others; i++)
            Dns(w, "x.example"u8);
        Dns(w, "p1.example"u8);
    }, "p1.example"));

    [Theory]
    [InlineData(65_500, true)]
    [InlineData(66_000, false)]
    public void Bytes_AtTheLimit(int length, bool expected) => Assert.Equal(expected, Named(w =>
    {
        Dns(w, "p1.example"u8);
        Dns(w, Encoding.ASCII.GetBytes(new string('a', length)));
    }, "p1.example"));

    [Fact]
    public void Extension_RandomDamage_NeverThrows()
    {
        var random = new Random(20_261_121);
        var good = Extension(w =>
        {
            Dns(w, "p1.example"u8);
            Other(w, XmppAddr, "p2.example", UniversalTagNumber.UTF8String);
            Other(w, SrvName, "_xmpp-server.p3.example", UniversalTagNumber.IA5String);
        });
        var domain = DomainName.Parse("p4.example");
        for (var i = 0; i < 50_000; i++)
        {
            var bad = good.ToArray();
            for (var damage = random.Next(1, 6); damage > 0; damage--)
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            Assert.False(CertificateIdentity.Matches(bad.AsMemory(0, random.Next(bad.Length + 1)), domain));
        }
    }

    private static bool Named(Action<AsnWriter> names, string domain)
    {
        using var certificate = Certificate("CN=x", new X509Extension("2.5.29.17", Extension(names), critical: false));
        return CertificateIdentity.Matches(certificate, DomainName.Parse(domain));
    }

    private static byte[] Extension(Action<AsnWriter> names)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
            names(writer);
        return writer.Encode();
    }

    private static void Dns(AsnWriter writer, ReadOnlySpan<byte> name) => writer.WriteOctetString(name, new Asn1Tag(TagClass.ContextSpecific, 2));

    private static void Other(AsnWriter writer, string oid, string value, UniversalTagNumber type)
    {
        var tag = new Asn1Tag(TagClass.ContextSpecific, 0);
        using (writer.PushSequence(tag))
        {
            writer.WriteObjectIdentifier(oid);
            using (writer.PushSequence(tag))
                writer.WriteCharacterString(type, value);
        }
    }

    private static X509Certificate2 Certificate(string subject, X509Extension? names)
    {
        var request = new CertificateRequest(subject, Key, HashAlgorithmName.SHA256);
        if (names is not null)
            request.CertificateExtensions.Add(names);
        return Issue(request);
    }

    private static X509Certificate2 Issue(CertificateRequest request)
        => request.CreateSelfSigned(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2036, 1, 1, 0, 0, 0, TimeSpan.Zero));
}
