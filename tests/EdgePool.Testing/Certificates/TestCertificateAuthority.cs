using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgePool.Testing.Certificates;

/// <summary>
/// A certificate authority of one test: an ECDSA P-256 root, an intermediate below it, and the certificates it issues. Its files
/// live in a temporary folder that goes when the authority is disposed of.
/// </summary>
public sealed class TestCertificateAuthority : IDisposable
{
    private const string ServerAuth = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuth = "1.3.6.1.5.5.7.3.2";
    private const string XmppAddr = "1.3.6.1.5.5.7.8.5";
    private const string DnsSrv = "1.3.6.1.5.5.7.8.7";

    private readonly List<IssuedCertificate> issued = [];
    private readonly Lazy<X509Certificate2> intermediate;
    private int count;

    public TestCertificateAuthority(string name = "Test root")
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("edgepool-ca-").FullName;
        Root = CreateAuthority(name, issuer: null);
        intermediate = new(() => CreateAuthority(name + " intermediate", Root));
        RootFile = Path.Combine(Directory, "ca.pem");
        PrivateFile.Write(RootFile, Root.ExportCertificatePem() + "\n");
    }

    /// <summary>The folder that holds every file of this authority.</summary>
    public string Directory { get; }

    /// <summary>The trust anchor with its key.</summary>
    public X509Certificate2 Root { get; }

    /// <summary>The trust anchor as PEM.</summary>
    public string RootFile { get; }

    public X509Certificate2 Intermediate => intermediate.Value;

    /// <summary>A good certificate for the domains, serverAuth and clientAuth.</summary>
    public IssuedCertificate Issue(params string[] domains) => Issue(LeafRequest.For(domains));

    /// <summary>The certificate asked for, with its files.</summary>
    public IssuedCertificate Issue(LeafRequest request)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var name = request.CommonName ?? request.DnsNames.Concat(request.XmppAddresses).Concat(request.ServiceNames).FirstOrDefault() ?? "nameless";
        var certificate = Describe(request, name, key);
        using var bare = Sign(certificate, request);
        var number = Interlocked.Increment(ref count);
        var chain = new X509Certificate2Collection();
        if (request is { ByIntermediate: true, SelfSigned: false })
            chain.Add(X509CertificateLoader.LoadCertificate(Intermediate.RawDataMemory.Span));
        var result = new IssuedCertificate(WithKey(bare, key), chain, Path.Combine(Directory, $"leaf{number}"));
        lock (issued)
            issued.Add(result);
        return result;
    }

    /// <summary>What a real authority makes of a signing request: the names, usage and purposes that are asked for, signed. PEM of the certificate alone.</summary>
    /// <param name="requestPem">The request; its signature must be its key's.</param>
    /// <param name="lifetime">How long it is valid from now; null: 90 days.</param>
    /// <param name="byIntermediate">Issued by <see cref="Intermediate"/>.</param>
    public string Sign(string requestPem, TimeSpan? lifetime = null, bool byIntermediate = false)
    {
        var request = CertificateRequest.LoadSigningRequestPem(
            requestPem, HashAlgorithmName.SHA256, CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions, RSASignaturePadding.Pkcs1);
        var issuer = byIntermediate ? Intermediate : Root;
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, true, false));
        using var key = issuer.GetECDsaPrivateKey()!;
        var now = DateTimeOffset.UtcNow;
        using var certificate = request.Create(
            issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(key), now.AddHours(-1), now + (lifetime ?? TimeSpan.FromDays(90)), RandomNumberGenerator.GetBytes(16));
        return certificate.ExportCertificatePem() + "\n";
    }

    public void Dispose()
    {
        lock (issued)
        {
            foreach (var certificate in issued)
                certificate.Dispose();
            issued.Clear();
        }

        Root.Dispose();
        if (intermediate.IsValueCreated)
            intermediate.Value.Dispose();
        if (System.IO.Directory.Exists(Directory))
            System.IO.Directory.Delete(Directory, recursive: true);
    }

    private static CertificateRequest Describe(LeafRequest request, string name, ECDsa key)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(name.Length > 64 ? name[..64] : name);
        var certificate = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        certificate.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        certificate.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        certificate.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(certificate.PublicKey, critical: false));
        if (Purposes(request.Usage) is { Count: > 0 } purposes)
            certificate.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(purposes, critical: false));
        if (request.DnsNames.Count + request.XmppAddresses.Count + request.ServiceNames.Count + request.Addresses.Count > 0)
            certificate.CertificateExtensions.Add(new X509Extension("2.5.29.17", AlternativeNames(request), critical: false));
        return certificate;
    }

    private X509Certificate2 Sign(CertificateRequest certificate, LeafRequest request)
    {
        var now = DateTimeOffset.UtcNow;
        if (request.SelfSigned)
            return certificate.CreateSelfSigned(now + request.NotBefore, now + request.NotAfter);
        var issuer = request.ByIntermediate ? Intermediate : Root;
        certificate.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, true, false));
        return certificate.Create(issuer, now + request.NotBefore, now + request.NotAfter, RandomNumberGenerator.GetBytes(16));
    }

    private static X509Certificate2 CreateAuthority(string name, X509Certificate2? issuer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(name);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = DateTimeOffset.UtcNow;
        if (issuer is null)
            return request.CreateSelfSigned(now.AddDays(-400), now.AddDays(3650));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, true, false));
        using var bare = request.Create(issuer, now.AddDays(-399), now.AddDays(3649), RandomNumberGenerator.GetBytes(16));
        return WithKey(bare, key);
    }

    private static X509Certificate2 WithKey(X509Certificate2 certificate, ECDsa key) =>
        certificate.HasPrivateKey ? new X509Certificate2(certificate) : certificate.CopyWithPrivateKey(key);

    private static OidCollection Purposes(LeafUsage usage)
    {
        var purposes = new OidCollection();
        if (usage is LeafUsage.ServerOnly or LeafUsage.Both)
            purposes.Add(new Oid(ServerAuth));
        if (usage is LeafUsage.ClientOnly or LeafUsage.Both)
            purposes.Add(new Oid(ClientAuth));
        return purposes;
    }

    // GeneralNames ::= SEQUENCE OF GeneralName (RFC 5280 section 4.2.1.6): [0] otherName, [2] dNSName, [7] iPAddress.
    private static byte[] AlternativeNames(LeafRequest request)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (var address in request.XmppAddresses)
                WriteOtherName(writer, XmppAddr, UniversalTagNumber.UTF8String, address);
            foreach (var service in request.ServiceNames)
                WriteOtherName(writer, DnsSrv, UniversalTagNumber.IA5String, service);
            foreach (var domain in request.DnsNames)
                writer.WriteCharacterString(UniversalTagNumber.IA5String, domain, new Asn1Tag(TagClass.ContextSpecific, 2));
            foreach (var address in request.Addresses)
                writer.WriteOctetString(address.GetAddressBytes(), new Asn1Tag(TagClass.ContextSpecific, 7));
        }

        return writer.Encode();
    }

    private static void WriteOtherName(AsnWriter writer, string type, UniversalTagNumber form, string value)
    {
        var explicitZero = new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true);
        using (writer.PushSequence(explicitZero))
        {
            writer.WriteObjectIdentifier(type);
            using (writer.PushSequence(explicitZero))
                writer.WriteCharacterString(form, value);
        }
    }
}
