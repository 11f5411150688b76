using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Policy.Partners;

namespace EdgePool.Server.Certificates;

/// <summary>Whether partners can follow the chain of a file to a root: as a server's chain, without touching the network.</summary>
internal static class ChainCheck
{
    private const X509ChainStatusFlags NotKnownHere = X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain;

    /// <summary>Looks at the order of the file and at the chain.</summary>
    /// <param name="chain">The file's certificates, ours first.</param>
    /// <param name="trust">The roots that this node knows.</param>
    /// <param name="now">When.</param>
    /// <param name="findings">Where to say it.</param>
    public static void Run(IReadOnlyList<X509Certificate2> chain, TrustAnchors trust, DateTimeOffset now, Findings findings)
    {
        var order = ChainOrder.Of(chain[0], chain.Skip(1));
        Order(chain, order, findings);
        foreach (var issuer in order.Chain.Skip(1))
        {
            LeafCheck.Strength(issuer, findings);
            if (now > CertificateFacts.Of(issuer, now).ValidUntil)
            {
                findings.Error(
                    CertificateRule.BrokenChain,
                    $"the intermediate {CertificateFacts.Name(issuer.SubjectName)} has expired",
                    "ask the authority for its new one");
            }
        }

        var faults = trust.System ? Build(chain, [], now) : X509ChainStatusFlags.UntrustedRoot;
        if (faults is not X509ChainStatusFlags.NoError && trust.Roots.Count > 0)
        {
            faults = Build(chain, trust.Roots, now);
        }

        Judge(order, faults & ~X509ChainStatusFlags.NotTimeValid, findings);
    }

    private static void Order(IReadOnlyList<X509Certificate2> chain, ChainOrder order, Findings findings)
    {
        foreach (var stray in order.Unused)
        {
            findings.Warn(
                CertificateRule.ChainOrder,
                $"{CertificateFacts.Name(stray.SubjectName)} in the file does not stand above ours",
                "remove it: 'cert import' orders the authority's files");
        }

        if (order.Root is { } root)
        {
            findings.Note(
                CertificateRule.RootIncluded,
                $"the file holds the root {CertificateFacts.Name(root.SubjectName)}, which partners have themselves or do not trust",
                "leave it out");
        }

        if (!chain.Take(order.Chain.Count).SequenceEqual(order.Chain))
        {
            findings.Warn(
                CertificateRule.ChainOrder,
                "the intermediates are not in order",
                "put each certificate before that of its issuer: 'cert import' does");
        }
    }

    private static void Judge(ChainOrder order, X509ChainStatusFlags faults, Findings findings)
    {
        var last = order.Chain[^1];
        switch (faults)
        {
            case X509ChainStatusFlags.NoError:
                return;
            case var _ when (faults & ~NotKnownHere) is not X509ChainStatusFlags.NoError:
                findings.Error(
                    CertificateRule.BrokenChain,
                    $"the chain does not hold ({faults & ~NotKnownHere})",
                    "import the certificate and its intermediates anew, as the authority gives them");
                return;
            case var _ when order.Chain.Count == 1 && ChainOrder.IsSelfIssued(last):
                findings.Warn(
                    CertificateRule.SelfSigned,
                    "it is signed by its own key: only partners that were given it trust it, all others need dialback",
                    "have it issued by an authority: edgepool cert request");
                return;
            case var _ when order.IsComplete:
                findings.Warn(
                    CertificateRule.UnknownRoot,
                    $"the root {CertificateFacts.Name((order.Root ?? last).SubjectName)} is not trusted here: partners without it need dialback",
                    "give the root to partners, and name it under trust: ca if it is yours");
                return;
            default:
                findings.Warn(
                    CertificateRule.ChainIncomplete,
                    $"the certificate of {CertificateFacts.Name(last.IssuerName)} is neither in the file nor a root that is trusted here: partners may not find it",
                    "append the authority's intermediate ('cert import' both); if it is your own root, name it under trust: ca");
                return;
        }
    }

    private static X509ChainStatusFlags Build(IReadOnlyList<X509Certificate2> chain, IReadOnlyList<X509Certificate2> roots, DateTimeOffset now)
    {
        using var built = new X509Chain();
        built.ChainPolicy.DisableCertificateDownloads = true;
        built.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        built.ChainPolicy.VerificationTime = now.UtcDateTime;
        built.ChainPolicy.VerificationTimeIgnored = false;
        built.ChainPolicy.TrustMode = roots.Count == 0 ? X509ChainTrustMode.System : X509ChainTrustMode.CustomRootTrust;
        built.ChainPolicy.CustomTrustStore.AddRange(roots.ToArray());
        if (CertificateFacts.PurposeOids(chain[0].Extensions) is [] or [.., SigningRequest.ServerAuth] or [SigningRequest.ServerAuth, ..])
        {
            built.ChainPolicy.ApplicationPolicy.Add(new Oid(SigningRequest.ServerAuth)); // of a leaf that is not for servers, LeafCheck has spoken
        }

        built.ChainPolicy.ExtraStore.AddRange(chain.Skip(1).ToArray());
        try
        {
            return built.Build(chain[0]) ? X509ChainStatusFlags.NoError : built.ChainStatus.Aggregate(
                X509ChainStatusFlags.NoError,
                (all, status) => all | status.Status);
        }
        catch (CryptographicException)
        {
            return X509ChainStatusFlags.Cyclic;
        }
    }
}
