using EdgePool.Edge.Certificates;
using EdgePool.Testing.Certificates;

namespace EdgePool.Edge.Tests.Certificates;

/// <summary>Files that a test changes at will.</summary>
internal sealed class FakeCertificateSource : ICertificateSource
{
    private int looks;
    private volatile CertificateReading reading = new([], []);
    private volatile string fingerprint = "";

    /// <summary>How often it was looked at.</summary>
    public int Looks => Volatile.Read(ref looks);

    /// <summary>It cannot be read at all.</summary>
    public bool Breaks { get; set; }

    public string Fingerprint()
    {
        Interlocked.Increment(ref looks);
        return Breaks ? throw new IOException("the disk is gone") : fingerprint;
    }

    public CertificateReading Read() => reading;

    /// <summary>Puts certificates there.</summary>
    public void Put(params IssuedCertificate[] issued) => Put(new CertificateReading([.. issued.Select(Own)], []));

    /// <summary>Puts a certificate there.</summary>
    public void Put(EdgeCertificate ours) => Put(new CertificateReading([ours], []));

    /// <summary>Puts something there that is of no use.</summary>
    public void PutBad(params string[] problems) => Put(new CertificateReading([], problems));

    public static EdgeCertificate Own(IssuedCertificate issued) => new(issued.Certificate, [.. issued.Intermediates]);

    private void Put(CertificateReading next) => (reading, fingerprint) = (next, Guid.NewGuid().ToString());
}
