using System.Security.Cryptography.X509Certificates;
using EdgePool.Policy.Partners;
using EdgePool.Server.Configuration;
using EdgePool.Server.Configuration.Files;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Server.Certificates;

/// <summary>A local domain and the file whose certificate proves it; null: none does.</summary>
internal sealed record DomainCover(string Domain, string? File);

/// <summary>What a check found.</summary>
/// <param name="Pairs">Those that could be read.</param>
/// <param name="Findings">Everything found.</param>
/// <param name="Domains">Each local domain.</param>
internal sealed record CheckReport(IReadOnlyList<CertificatePair> Pairs, IReadOnlyList<CertificateFinding> Findings, IReadOnlyList<DomainCover> Domains)
{
    public int Count(FindingSeverity severity) => Findings.Count(finding => finding.Severity == severity);
}

/// <summary>Checks certificates as partners will, and against what the node needs them for.</summary>
/// <param name="Place">The file that a missing domain is said of.</param>
/// <param name="Domains">The local domains.</param>
/// <param name="Trust">The roots that this node knows.</param>
/// <param name="SaslAlone">Partners who may authenticate by certificate alone.</param>
/// <param name="Now">When.</param>
internal sealed record CertificateCheck(string Place, IReadOnlyList<DomainName> Domains, TrustAnchors Trust, IReadOnlyList<string> SaslAlone, DateTimeOffset Now)
{
    private const int MostNamed = 3;

    /// <summary>The terms of a node's file.</summary>
    /// <param name="node">The file.</param>
    /// <param name="saslAlone">See <see cref="SaslAlone"/>.</param>
    /// <param name="time">The clock.</param>
    public static CertificateCheck For(NodeFile node, IReadOnlyList<string> saslAlone, TimeProvider time)
    {
        // What is wrong with the roots' files is said by 'check config'.
        var files = new NamedFiles(node.Folder, new ProblemList(node.Path));
        var trust = node.Document.Trust is { } written ? new TrustFiles(files, time, new ProblemList(node.Path)).Read(written, "trust") : null;
        return new CertificateCheck(
            node.Path,
            node.Domains,
            trust ?? TrustAnchors.SystemOnly,
            saslAlone,
            time.GetUtcNow());
    }

    /// <summary>Checks pairs of a certificate's file and a key's.</summary>
    /// <param name="files">What is checked.</param>
    /// <param name="beside">Certificates that cover domains beside them, and are not checked.</param>
    /// <param name="unproven">Domains whose lack of a certificate is no error, for it is nothing new.</param>
    public CheckReport Run(IEnumerable<(string Certificate, string Key)> files, IReadOnlyList<CertificatePair>? beside = null, IReadOnlyList<DomainName>? unproven = null)
    {
        var found = new List<CertificateFinding>();
        var pairs = new List<CertificatePair>();
        foreach (var (certificate, key) in files)
        {
            var findings = new Findings(certificate);
            if (CertificatePair.Read(certificate, key, findings) is { } pair)
            {
                pairs.Add(pair);
                LeafCheck.Run(pair.Leaf, Now, findings);
                ChainCheck.Run(pair.Chain, Trust, Now, findings);
                ClientAuth(pair.Leaf, findings);
            }

            found.AddRange(findings.All);
        }

        return new CheckReport(pairs, found, Cover([.. pairs, .. beside ?? []], unproven ?? [], found));
    }

    private List<DomainCover> Cover(List<CertificatePair> pairs, IReadOnlyList<DomainName> unproven, List<CertificateFinding> found)
    {
        var covers = new List<DomainCover>();
        var ofPlace = new Findings(Place);
        foreach (var domain in Domains)
        {
            var proving = pairs.Where(pair => pair.Proves(domain)).ToList();
            covers.Add(new DomainCover(domain.Ascii, proving.FirstOrDefault()?.File));
            if (proving.Count == 0)
            {
                Action<CertificateRule, string, string> say = unproven.Contains(domain) ? ofPlace.Warn : ofPlace.Error;
                say(
                    CertificateRule.DomainMissing,
                    $"no certificate proves the local domain {domain}",
                    $"have one issued with the alternative name DNS:{domain}: edgepool cert request");
            }
            else if (!proving.Exists(pair => Names(pair.Leaf, domain)))
            {
                ofPlace.Warn(
                    CertificateRule.WildcardOnly,
                    $"the local domain {domain} is covered by a wildcard alone, which not every partner takes",
                    $"have one issued with the alternative name DNS:{domain}");
            }
        }

        found.AddRange(ofPlace.All);
        return covers;
    }

    /// <summary>True when a name is the domain's own, and not a wildcard.</summary>
    private static bool Names(X509Certificate2 leaf, DomainName domain) => (AlternativeNames.Read(leaf.Extensions) ?? []).Any(name => name.Kind switch
    {
        NameKind.Dns => string.Equals(name.Value, domain.Ascii, StringComparison.OrdinalIgnoreCase),
        NameKind.Service => string.Equals(name.Value, "_xmpp-server." + domain.Ascii, StringComparison.OrdinalIgnoreCase),
        NameKind.Xmpp => DomainName.TryParse(name.Value, out var named) && named.Equals(domain),
        _ => false,
    });

    // COMPAT: external-refused. "unsupported certificate purpose", says ejabberd before 25.08; and public authorities issue none with clientAuth.
    private void ClientAuth(X509Certificate2 leaf, Findings findings)
    {
        var purposes = CertificateFacts.PurposeOids(leaf.Extensions);
        if (purposes.Count == 0 || purposes.Contains(SigningRequest.ClientAuth, StringComparer.Ordinal))
        {
            return;
        }

        const string What = "it has no clientAuth: servers that demand it of us (ejabberd before 25.08) refuse SASL EXTERNAL, so that dialback must carry there";
        if (SaslAlone.Count == 0)
        {
            findings.Note(CertificateRule.NoClientAuth, What, "let such partners use dialback: saslNegotiation: Optional, supportDialback: true");
            return;
        }

        var named = string.Join(", ", SaslAlone.Take(MostNamed)) + (SaslAlone.Count > MostNamed ? " and others" : "");
        findings.Warn(
            CertificateRule.NoClientAuth,
            $"{What}; SASL alone is allowed to {named}",
            "write saslNegotiation: Optional with supportDialback: true for those whose server demands clientAuth");
    }
}
