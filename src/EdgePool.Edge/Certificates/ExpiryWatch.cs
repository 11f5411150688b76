namespace EdgePool.Edge.Certificates;

/// <summary>Remembers what was said of whose end, so that each stage of each certificate is said once. Not for two threads at a time.</summary>
internal sealed class ExpiryWatch
{
    private Dictionary<string, CertificateExpiry> said = new(StringComparer.Ordinal);

    /// <summary>Those that have come to a graver stage since the last look, with it; a stage that was passed over is not made up for.</summary>
    public IReadOnlyList<(EdgeCertificate Ours, CertificateExpiry Stage)> Look(IReadOnlyList<EdgeCertificate> inForce, DateTimeOffset now)
    {
        var next = new Dictionary<string, CertificateExpiry>(StringComparer.Ordinal);
        var news = new List<(EdgeCertificate, CertificateExpiry)>();
        foreach (var ours in inForce)
        {
            var stage = CertificateExpiries.At(ours.ValidUntil, now);
            var last = said.GetValueOrDefault(ours.Certificate.Thumbprint);
            if (stage > last && next.TryAdd(ours.Certificate.Thumbprint, stage))
                news.Add((ours, stage));
            else
                next.TryAdd(ours.Certificate.Thumbprint, last);
        }

        said = next; // what is no longer in force is forgotten
        return news;
    }
}
