namespace EdgePool.Edge.Certificates;

/// <summary>Where our certificates can be read anew while the node runs. Called by one thread at a time.</summary>
public interface ICertificateSource
{
    /// <summary>A text that is another one whenever what <see cref="Read"/> would give may have changed: contents, modes, whether it can be read at all.</summary>
    string Fingerprint();

    /// <summary>Reads and checks every certificate with its key.</summary>
    CertificateReading Read();
}

/// <summary>What was read.</summary>
/// <param name="Certificates">All of them, in the order of the configuration; of no use when there is a problem.</param>
/// <param name="Problems">What keeps them from being used, each with its remedy; empty: they are good by themselves.</param>
public sealed record CertificateReading(IReadOnlyList<EdgeCertificate> Certificates, IReadOnlyList<string> Problems);
