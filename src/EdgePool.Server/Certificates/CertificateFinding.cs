using System.Text.Json.Serialization;

namespace EdgePool.Server.Certificates;

/// <summary>How grave a finding is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FindingSeverity>))]
internal enum FindingSeverity
{
    /// <summary>Partners will refuse it, or the node will not run with it.</summary>
    Error,

    /// <summary>Some partners will refuse it, or soon all will.</summary>
    Warning,

    /// <summary>Good to know.</summary>
    Note,
}

/// <summary>Everything that can be found; the names are stable, for scripts.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CertificateRule>))]
internal enum CertificateRule
{
    /// <summary>A file is not there or may not be read.</summary>
    Unreadable,

    /// <summary>The file holds no certificate in PEM.</summary>
    NoCertificate,

    /// <summary>The key is open to other users.</summary>
    OpenKey,

    /// <summary>Other users may replace the certificate.</summary>
    WritableByOthers,

    /// <summary>There is no key, or it is of a kind that cannot be used.</summary>
    UnusableKey,

    /// <summary>The key is another certificate's.</summary>
    KeyMismatch,

    /// <summary>RSA below 2048 bits.</summary>
    SmallKey,

    /// <summary>A kind of key or curve that TLS libraries do not take, or not all of them.</summary>
    OddKey,

    /// <summary>Signed with SHA-1 or MD5.</summary>
    WeakSignature,

    /// <summary>It has expired.</summary>
    Expired,

    /// <summary>It is not valid yet.</summary>
    NotYetValid,

    /// <summary>It expires within 30 days.</summary>
    ExpiresSoon,

    /// <summary>Its purposes leave serverAuth out.</summary>
    NotForServers,

    /// <summary>Its purposes leave clientAuth out.</summary>
    NoClientAuth,

    /// <summary>Its key usage leaves digital signatures out.</summary>
    NoDigitalSignature,

    /// <summary>It may issue certificates.</summary>
    IsAuthority,

    /// <summary>It has no alternative names, or they are broken.</summary>
    NoNames,

    /// <summary>A local domain is in none of the certificates.</summary>
    DomainMissing,

    /// <summary>A local domain is covered by a wildcard alone.</summary>
    WildcardOnly,

    /// <summary>The file's certificates do not stand in the order of the chain, or do not belong to it.</summary>
    ChainOrder,

    /// <summary>The file holds the root.</summary>
    RootIncluded,

    /// <summary>An issuer's certificate is missing.</summary>
    ChainIncomplete,

    /// <summary>It is signed by its own key.</summary>
    SelfSigned,

    /// <summary>The chain ends in a root that is not trusted here.</summary>
    UnknownRoot,

    /// <summary>The chain does not hold.</summary>
    BrokenChain,
}

/// <summary>One thing found by a check.</summary>
/// <param name="Severity">How grave.</param>
/// <param name="Rule">What kind.</param>
/// <param name="File">The file that it is about.</param>
/// <param name="What">What is so.</param>
/// <param name="Remedy">What to do.</param>
internal sealed record CertificateFinding(FindingSeverity Severity, CertificateRule Rule, string File, string What, string Remedy)
{
    /// <summary><c>FILE: error: what — remedy</c>.</summary>
    public override string ToString() => $"{File}: {Word}: {What} — {Remedy}";

    private string Word => Severity switch
    {
        FindingSeverity.Error => "error",
        FindingSeverity.Warning => "warning",
        _ => "note",
    };
}

/// <summary>Collects what is found about one file.</summary>
internal sealed class Findings(string file)
{
    private readonly List<CertificateFinding> found = [];

    /// <summary>Everything found, in the order in which it was looked for.</summary>
    public IReadOnlyList<CertificateFinding> All => found;

    public void Error(CertificateRule rule, string what, string remedy) => Add(FindingSeverity.Error, rule, what, remedy);

    public void Warn(CertificateRule rule, string what, string remedy) => Add(FindingSeverity.Warning, rule, what, remedy);

    public void Note(CertificateRule rule, string what, string remedy) => Add(FindingSeverity.Note, rule, what, remedy);

    private void Add(FindingSeverity severity, CertificateRule rule, string what, string remedy) => found.Add(new(severity, rule, file, what, remedy));
}
