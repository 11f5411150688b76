using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Dns.Messages;
using EdgePool.Policy.Partners;

namespace EdgePool.Edge.Transport;

/// <summary>The bytes of one certificate of a chain, to compare pins and TLSA records with; it outlives the chain that it was in.</summary>
internal sealed class ChainCertificate
{
    private const byte WholeCertificate = 0;
    private const byte PublicKey = 1;

    private readonly byte[] certificate;
    private readonly byte[] key;
    private readonly byte[]?[] digests = new byte[]?[4];

    private ChainCertificate(byte[] certificate, byte[] key, KeyHash? pin) => (this.certificate, this.key, Pin) = (certificate, key, pin);

    /// <summary>The hash of its key; null for a key of a kind that nobody can read, which matches nothing.</summary>
    public KeyHash? Pin { get; }

    /// <summary>The whole of it, DER.</summary>
    public ReadOnlySpan<byte> Raw => certificate;

    public static ChainCertificate Of(X509Certificate2 certificate)
    {
        try
        {
            var exported = certificate.PublicKey.ExportSubjectPublicKeyInfo();
            return new ChainCertificate(certificate.RawData, exported, KeyHash.Of(exported));
        }
        catch (CryptographicException)
        {
            return new ChainCertificate(certificate.RawData, [], pin: null);
        }
    }

    /// <summary>True when the record's data are what it says they are of this certificate (RFC 6698 section 2.1). The usage is for others to judge.</summary>
    public bool Matches(TlsaRecord record)
    {
        var subject = record.Selector switch
        {
            WholeCertificate => certificate,
            PublicKey => key,
            _ => [],
        };
        return subject.Length > 0 && record.Data.Span.SequenceEqual(Selected(subject, record));
    }

    private byte[] Selected(byte[] subject, TlsaRecord record) => record.MatchingType switch
    {
        0 => subject,
        1 => digests[2 * record.Selector] ??= SHA256.HashData(subject),
        2 => digests[(2 * record.Selector) + 1] ??= SHA512.HashData(subject),
        _ => [],
    };
}
