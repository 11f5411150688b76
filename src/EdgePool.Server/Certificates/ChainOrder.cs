using System.Security.Cryptography.X509Certificates;

namespace EdgePool.Server.Certificates;

/// <summary>Certificates in the order that a handshake sends them.</summary>
/// <param name="Chain">The leaf, then each issuer's certificate, without the root.</param>
/// <param name="Root">The root, where it was there.</param>
/// <param name="Unused">Those that do not stand above the leaf.</param>
internal sealed record ChainOrder(IReadOnlyList<X509Certificate2> Chain, X509Certificate2? Root, IReadOnlyList<X509Certificate2> Unused)
{
    private const int Deepest = 10;

    /// <summary>True when the last of the chain was issued by a root that was there, or issued itself.</summary>
    public bool IsComplete => Root is not null || IsSelfIssued(Chain[^1]);

    /// <summary>Orders. Names and key identifiers are followed; signatures are proved where the chain is checked.</summary>
    public static ChainOrder Of(X509Certificate2 leaf, IEnumerable<X509Certificate2> others)
    {
        var rest = others.Where(other => !other.RawDataMemory.Span.SequenceEqual(leaf.RawDataMemory.Span))
            .DistinctBy(other => other.Thumbprint, StringComparer.Ordinal).ToList();
        var chain = new List<X509Certificate2> { leaf };
        X509Certificate2? root = null;
        while (root is null && chain.Count < Deepest && !IsSelfIssued(chain[^1]) && rest.Find(other => Issued(other, chain[^1])) is { } issuer)
        {
            rest.Remove(issuer);
            if (IsSelfIssued(issuer))
            {
                root = issuer;
            }
            else
            {
                chain.Add(issuer);
            }
        }

        return new ChainOrder(chain, root, rest);
    }

    /// <summary>True when a certificate names itself as its issuer: a root, or a self-signed leaf.</summary>
    public static bool IsSelfIssued(X509Certificate2 certificate)
        => certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);

    /// <summary>True when <paramref name="issuer"/> may have issued <paramref name="certificate"/> (RFC 5280 sections 4.1.2.4, 4.2.1.1).</summary>
    private static bool Issued(X509Certificate2 issuer, X509Certificate2 certificate)
    {
        if (!issuer.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData))
        {
            return false;
        }

        var wanted = certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().FirstOrDefault()?.KeyIdentifier;
        var has = issuer.Extensions.OfType<X509SubjectKeyIdentifierExtension>().FirstOrDefault()?.SubjectKeyIdentifierBytes;
        return wanted is null || has is null || wanted.Value.Span.SequenceEqual(has.Value.Span);
    }
}
