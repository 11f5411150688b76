using System.Security.Cryptography.X509Certificates;

namespace EdgePool.Policy.Partners;

/// <summary>Which roots a peer's certificate chain may end in.</summary>
/// <param name="System">The machine's root store counts.</param>
/// <param name="Roots">Further roots: a partner's private CA.</param>
public sealed record TrustAnchors(bool System, IReadOnlyList<X509Certificate2> Roots)
{
    /// <summary>The machine's root store alone.</summary>
    public static TrustAnchors SystemOnly { get; } = new(System: true, []);
}
