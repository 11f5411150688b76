using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Dns.Messages;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Sasl;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Transport;

/// <content>
/// DANE: what TLSA records say of the certificate (RFC 6698, RFC 7671, RFC 7673). Whoever owns the stream finds the records and hands them over by
/// <see cref="Learn"/> before the domain is judged; without them, or with none that could be had, they vouch for nothing.
/// </content>
internal sealed partial class PeerCertificate
{
    /// <summary>Domains that one peer's certificate is compared with records for.</summary>
    public const int MostDomains = 16;

    // Certificates that the peer sent and that are looked at as authorities.
    private const int MostAuthorities = 16;

    private readonly Dictionary<DomainName, TlsaFindings> learned = [];
    private readonly Lazy<ChainCertificate> own;

    /// <summary>Takes what the DNS says of the domain's certificates.</summary>
    public void Learn(TlsaFindings found)
    {
        if (learned.Count >= MostDomains && !learned.ContainsKey(found.Domain))
            return;
        learned[found.Domain] = found;
        last = null;
    }

    /// <summary>
    /// True when the verdict on the domain may turn on TLSA records that nobody has looked for: policy demands them, or allows them and no root vouches for
    /// the certificate.
    /// </summary>
    public bool Wants(DomainName domain) => leaf is not null && !learned.ContainsKey(domain) && learned.Count < MostDomains && demandFor(domain).Rules.Dane switch
    {
        DaneUse.Require => true,
        DaneUse.Allow => Proves(domain) is not (CertificateVerdict.Valid or CertificateVerdict.PinMismatch or CertificateVerdict.KeyChanged),
        _ => false,
    };

    /// <summary>True when TLSA records, and not the roots alone, made the last verdict, which was on this domain.</summary>
    public bool IsVouchedFor(DomainName domain) => last is { Said: { Verdict: CertificateVerdict.Valid, ByTlsa: true } } known && known.Domain.Equals(domain);

    /// <summary>As TLSA records would have it, for the log: hashes of the certificate and of its key.</summary>
    public string TlsaText()
    {
        if (leaf is null)
            return "none";
        var key = own.Value.Pin is { } pin ? Convert.ToHexStringLower(Convert.FromBase64String(pin.Text)) : "unreadable";
        return $"3 1 1 {key}, 3 0 1 {Convert.ToHexStringLower(SHA256.HashData(leaf.RawDataMemory.Span))}";
    }

    /// <summary>
    /// Where policy lets TLSA records speak: what they say beside, or in place of, what the roots say. Roots of the partner's own are never replaced.
    /// </summary>
    /// <param name="certificate">The leaf.</param>
    /// <param name="domain">The domain that is claimed.</param>
    /// <param name="demand">What it has to be.</param>
    /// <param name="byRoots">What the roots and the name make of it.</param>
    private Judgement JudgeTlsa(X509Certificate2 certificate, DomainName domain, CertificateDemand demand, CertificateVerdict byRoots)
    {
        var rules = demand.Rules.Dane;
        if (rules is DaneUse.Off || (rules is DaneUse.Allow && byRoots is CertificateVerdict.Valid) || (demand.OwnAnchors && byRoots is not CertificateVerdict.Valid))
            return new Judgement(byRoots);
        var said = learned.TryGetValue(domain, out var found) ? Compare(certificate, found, demand) : new Judgement(CertificateVerdict.TlsaUnavailable);
        if (demand.OwnAnchors)
            return said with { OutlivesExpiry = false }; // the partner's authority has a say in that
        var nothing = said.Verdict is CertificateVerdict.TlsaMissing || (said.Verdict is CertificateVerdict.TlsaUnavailable && found is null);
        return rules is DaneUse.Allow && nothing ? new Judgement(byRoots) : said;
    }

    private Judgement Compare(X509Certificate2 certificate, TlsaFindings found, CertificateDemand demand)
    {
        var any = false;
        var inTime = time.GetUtcNow() <= Expires;
        foreach (var place in found.Usable.GroupBy(usable => usable.Host, usable => usable.Record))
        {
            any = true;
            var usages = place.ToLookup(record => (TlsaUsage)record.Usage);
            // RFC 7671 section 5.1: neither its names nor its dates count.
            if (usages[TlsaUsage.DaneEe].Any(own.Value.Matches))
                return new Judgement(CertificateVerdict.Valid, ByTlsa: true, OutlivesExpiry: true);
            if (inTime && IsNamed(certificate, found.Domain, place.Key) && Vouches(certificate, usages, demand))
                return new Judgement(CertificateVerdict.Valid, ByTlsa: true);
        }

        return new Judgement(found.Incomplete ? CertificateVerdict.TlsaUnavailable : any ? CertificateVerdict.TlsaMismatch : CertificateVerdict.TlsaMissing);
    }

    private static bool IsNamed(X509Certificate2 certificate, DomainName domain, DomainName? host)
        => CertificateIdentity.Matches(certificate, domain) || (host is not null && CertificateIdentity.Matches(certificate, host));

    private bool Vouches(X509Certificate2 certificate, ILookup<TlsaUsage, TlsaRecord> usages, CertificateDemand demand)
        => (usages[TlsaUsage.PkixEe].Any(own.Value.Matches) && IsTrusted(certificate, demand))
            || (usages.Contains(TlsaUsage.PkixTa) && Above(certificate, demand).Exists(authority => usages[TlsaUsage.PkixTa].Any(authority.Matches)))
            || (usages.Contains(TlsaUsage.DaneTa) && EndsInAny(certificate, [.. usages[TlsaUsage.DaneTa]], demand));

    /// <summary>The authorities of the chains that end in trusted roots.</summary>
    private List<ChainCertificate> Above(X509Certificate2 certificate, CertificateDemand demand)
    {
        var above = new List<ChainCertificate>();
        foreach (var purposes in PurposesUnder(demand.Rules))
            BuildsFrom(certificate, demand.Anchors, purposes, above);
        above.RemoveAll(element => element.Raw.SequenceEqual(own.Value.Raw));
        return above;
    }

    /// <summary>The chain ends in an authority of the records: one that the peer sent, or that a record holds whole (RFC 7671 section 5.2).</summary>
    private bool EndsInAny(X509Certificate2 certificate, IReadOnlyList<TlsaRecord> records, CertificateDemand demand)
    {
        var whole = records.Where(record => record is { Selector: 0, MatchingType: 0 }).Select(record => record.Data.ToArray());
        foreach (var candidate in intermediates.Take(MostAuthorities).Concat(whole))
        {
            using var authority = Load(candidate);
            if (authority is not null
                && !authority.RawDataMemory.Span.SequenceEqual(own.Value.Raw)
                && records.Any(ChainCertificate.Of(authority).Matches)
                && Array.Exists(PurposesUnder(demand.Rules), purposes => BuildsTo(certificate, authority, purposes)))
            {
                return true;
            }
        }

        return false;
    }

    private static X509Certificate2? Load(byte[] candidate)
    {
        try
        {
            return X509CertificateLoader.LoadCertificate(candidate);
        }
        catch (CryptographicException)
        {
            return null; // a record may hold anything
        }
    }

    /// <summary>
    /// The platform takes self-signed roots alone. So an authority below others is let pass as unknown, and has to be in the chain; what the peer sent from
    /// above it is left out, for it is nobody's business.
    /// </summary>
    private bool BuildsTo(X509Certificate2 certificate, X509Certificate2 authority, string[] purposes)
    {
        using var chain = new X509Chain { ChainPolicy = ChainPolicy(new TrustAnchors(System: false, [authority]), system: false, time.GetUtcNow(), purposes) };
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
        foreach (var sent in intermediates.Take(MostAuthorities))
        {
            if (Load(sent) is not { } loaded)
                continue;
            if (loaded.SubjectName.RawData.AsSpan().SequenceEqual(authority.IssuerName.RawData) && !loaded.RawDataMemory.Span.SequenceEqual(authority.RawDataMemory.Span))
                loaded.Dispose();
            else
                chain.ChainPolicy.ExtraStore.Add(loaded);
        }

        try
        {
            return chain.Build(certificate) && chain.ChainElements.Skip(1).Any(element => element.Certificate.RawDataMemory.Span.SequenceEqual(authority.RawDataMemory.Span));
        }
        catch (CryptographicException)
        {
            return false;
        }
        finally
        {
            foreach (var sent in chain.ChainPolicy.ExtraStore)
                sent.Dispose();
        }
    }

    /// <param name="Verdict">What the certificate proves.</param>
    /// <param name="ByTlsa">TLSA records have vouched for it.</param>
    /// <param name="OutlivesExpiry">Its dates do not count.</param>
    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
    private readonly record struct Judgement(CertificateVerdict Verdict, bool ByTlsa = false, bool OutlivesExpiry = false);
}
