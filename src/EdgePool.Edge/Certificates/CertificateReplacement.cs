using System.Security.Cryptography.X509Certificates;

namespace EdgePool.Edge.Certificates;

/// <summary>Whether certificates may take the place of others. Pure.</summary>
internal static class CertificateReplacement
{
    /// <summary>Everything that speaks against it; empty: nothing does. A domain that was not proven before need not be proven now.</summary>
    public static IReadOnlyList<string> Judge(
        IReadOnlyList<EdgeCertificate> inForce, IReadOnlyList<EdgeCertificate> next, IReadOnlyList<LocalDomain> locals, DateTimeOffset now)
    {
        if (next.Count == 0)
            return ["there is no certificate"];
        return [.. next.Where(ours => !IsValid(ours, now)).Select(ours => $"{ours.Certificate.Subject} is not valid now"),
            .. locals.Select(local => local.Name)
                .Where(domain => inForce.Any(ours => ours.Proves(domain)) && !next.Any(ours => ours.Proves(domain)))
                .Select(domain => $"no certificate proves the local domain {domain}, which one in force does")];
    }

    /// <summary>True when both have the same certificates and intermediates in the same order.</summary>
    public static bool IsSame(IReadOnlyList<EdgeCertificate> one, IReadOnlyList<EdgeCertificate> other)
        => one.SelectMany(Chain).Select(c => c.Thumbprint).SequenceEqual(other.SelectMany(Chain).Select(c => c.Thumbprint), StringComparer.Ordinal);

    private static IEnumerable<X509Certificate2> Chain(EdgeCertificate ours) => ours.Intermediates.Prepend(ours.Certificate);

    private static bool IsValid(EdgeCertificate ours, DateTimeOffset now)
        => now.UtcDateTime >= ours.Certificate.NotBefore.ToUniversalTime() && now <= ours.ValidUntil;
}
