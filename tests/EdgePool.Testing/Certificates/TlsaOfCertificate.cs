using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Dns.Messages;

namespace EdgePool.Testing.Certificates;

/// <summary>The TLSA record that an operator would publish for a certificate (RFC 6698 section 2.1).</summary>
public static class TlsaOfCertificate
{
    public static TlsaRecord Tlsa(this X509Certificate2 certificate, string owner, int usage, int selector = 1, int matchingType = 1)
    {
        var subject = selector == 0 ? certificate.RawData : certificate.PublicKey.ExportSubjectPublicKeyInfo();
        var data = matchingType switch { 0 => subject, 1 => SHA256.HashData(subject), _ => SHA512.HashData(subject) };
        return new TlsaRecord(DnsName.Parse(owner), 60, (byte)usage, (byte)selector, (byte)matchingType, data);
    }
}
