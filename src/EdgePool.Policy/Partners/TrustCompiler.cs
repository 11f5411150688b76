using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Policy.Documents;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Policy.Partners;

/// <summary>Compiles what a partner's document says of its certificates: whom they must come from, and what they must be.</summary>
/// <param name="problems">Takes what is wrong.</param>
/// <param name="prefix">What the paths of its keys begin with.</param>
internal sealed class TrustCompiler(DocumentProblems problems, string prefix)
{
    /// <summary>The roots; null: the node's.</summary>
    public TrustAnchors? Anchors(PartnerDocument document)
    {
        if (document.Trust is not null || document.TrustText is not { NamesRoots: true } written)
        {
            return document.Trust;
        }

        var system = written.System ?? written.Ca.Count == 0;
        if (!system && written.Ca.Count == 0 && written.Pins.Count == 0)
        {
            problems.Error(prefix + "trust", "this trusts nobody", "list certificates under ca or keys under pins, or write system: true");
        }

        var roots = new X509Certificate2Collection();
        for (var i = 0; i < written.Ca.Count; i++)
        {
            if (!TryImport(roots, written.Ca[i]))
            {
                problems.Error(DocumentProblems.Item(prefix + "trust.ca", i), "there is no certificate in PEM here", "write the text from -----BEGIN CERTIFICATE----- to its end");
            }
        }

        return new TrustAnchors(system, [.. roots]);
    }

    /// <summary>What certificates must be beside that.</summary>
    public CertificateRules Rules(PartnerDocument document, TrustAnchors? anchors, NegotiationTerms terms)
    {
        if (document is { AllowServerAuthOnly: null, AllowClientAuthOnly: null, TrustText: null or { NamesKeys: false } })
        {
            return CertificateRules.Default;
        }

        var rules = new CertificateRules
        {
            AllowServerAuthOnly = document.AllowServerAuthOnly ?? true,
            AllowClientAuthOnly = document.AllowClientAuthOnly ?? false,
            Pins = Pins(document.TrustText?.Pins ?? []),
            FirstUse = document.TrustText?.FirstUse ?? false,
            OnChange = document.TrustText?.OnChange ?? KeyChange.Alarm,
            Dane = document.TrustText?.Dane ?? DaneUse.Off,
        };
        CheckPurposes(rules, anchors);
        CheckDane(document, rules, anchors);
        CheckKeys(rules, terms);
        return rules;
    }

    private List<KeyHash> Pins(IReadOnlyList<string> written)
    {
        var pins = new List<KeyHash>(written.Count);
        if (written.Count > CertificateRules.MostPins)
        {
            problems.Error(prefix + "trust.pins", string.Create(CultureInfo.InvariantCulture, $"pins has {written.Count} entries"), "write at most 16");
            return pins;
        }

        for (var i = 0; i < written.Count; i++)
        {
            if (KeyHash.TryParse(written[i], out var hash))
            {
                pins.Add(hash);
            }
            else
            {
                problems.Error(
                    DocumentProblems.Item(prefix + "trust.pins", i),
                    $"'{ShownText.Of(written[i])}' is no hash of a key",
                    "write SHA-256 of the SubjectPublicKeyInfo in base64 (44 characters), or the hexadecimal digits that 'edgepool cert show' prints");
            }
        }

        return pins;
    }

    private void CheckPurposes(CertificateRules rules, TrustAnchors? anchors)
    {
        if (rules.AllowClientAuthOnly && anchors is not { System: false })
        {
            problems.Error(
                prefix + "allowClientAuthOnly",
                "from a public authority, a certificate for clients alone proves no server's name",
                "list the partner's own authority under trust: { ca: [...] } without system: true, or remove allowClientAuthOnly");
        }

        if (rules is { AllowServerAuthOnly: false, AllowClientAuthOnly: false })
        {
            problems.Warn(
                prefix + "allowServerAuthOnly",
                "public authorities issue no certificates for TLS clients any more: the partner may be unable to authenticate by SASL",
                "remove allowServerAuthOnly unless the partner has an authority of its own");
        }
    }

    private void CheckDane(PartnerDocument document, CertificateRules rules, TrustAnchors? anchors)
    {
        if (rules.Dane is DaneUse.Allow && anchors is { System: false })
        {
            problems.Error(
                prefix + "trust.dane",
                "what the partner's own authority or keys do not vouch for, the DNS must not vouch for either",
                "write dane: require, and both have to; or remove ca and system");
        }

        if (rules.Dane is DaneUse.Require && document.RequireTrustedCertificate is false)
        {
            problems.Error(prefix + "trust.dane", "dialback would take certificates that no TLSA record matches", "remove requireTrustedCertificate: false, or write dane: allow");
        }
    }

    private void CheckKeys(CertificateRules rules, NegotiationTerms terms)
    {
        if (rules is { OnChange: KeyChange.Refuse, FirstUse: false })
        {
            problems.Error(prefix + "trust.onChange", "no key is remembered to compare with", "write firstUse: true too, or list the partner's keys under pins");
        }

        var strict = rules.Pins.Count > 0 || rules.RefusesChanges;
        if (strict && !terms.RequireTrustedCertificate && (terms.AllowsDialback(tls: true) || terms.AllowsDialback(tls: false)))
        {
            problems.Warn(
                prefix + "trust",
                "dialback asks for no certificate: who answers for the partner's name in DNS gets in without its key",
                "set requireTrustedCertificate: true, or supportDialback: false");
        }
    }

    private static bool TryImport(X509Certificate2Collection roots, string pem)
    {
        var before = roots.Count;
        try
        {
            roots.ImportFromPem(pem);
            return roots.Count > before;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
