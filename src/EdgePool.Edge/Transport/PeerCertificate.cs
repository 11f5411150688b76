using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Sasl;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Transport;

/// <summary>A certificate that would prove the domain but for its key.</summary>
/// <param name="Domain">The domain that the peer claims.</param>
/// <param name="Verdict"><see cref="CertificateVerdict.PinMismatch"/> or <see cref="CertificateVerdict.KeyChanged"/>.</param>
internal sealed record UnexpectedKey(DomainName Domain, CertificateVerdict Verdict);

/// <summary>
/// What the peer showed in its TLS handshake. Judged only when a domain is claimed, for the roots depend on who that is; nothing that a certificate
/// names is ever fetched.
/// </summary>
internal sealed partial class PeerCertificate : IPeerCertificate
{
    /// <summary>id-kp-serverAuth: an S2S certificate proves the name of a server, also when that server is the TLS client.</summary>
    private const string ServerAuth = "1.3.6.1.5.5.7.3.1";

    private const string ClientAuth = "1.3.6.1.5.5.7.3.2";

    private const int MostNames = 16;

    private static readonly string[] ForServers = [ServerAuth];

    private readonly X509Certificate2? leaf;
    private readonly IReadOnlyList<byte[]> intermediates;
    private readonly Func<DomainName, CertificateDemand> demandFor;
    private readonly TimeProvider time;
    private (TrustAnchors Trust, bool Trusted)? judged;
    private (DomainName Domain, CertificateDemand Demand, Judgement Said)? last;
    private UnexpectedKey? unexpected;

    /// <param name="leaf">The peer's certificate; it belongs to the TLS stream. Null: it showed none.</param>
    /// <param name="intermediates">What else the peer sent, DER.</param>
    /// <param name="judged">What the handshake found of the chain already, and for which roots.</param>
    /// <param name="demandFor">What the certificate has to be for a domain that the peer claims.</param>
    /// <param name="time">Certificates are valid by the clock.</param>
    /// <exception cref="CryptographicException">Its names or its validity cannot be read.</exception>
    public PeerCertificate(
        X509Certificate2? leaf,
        IReadOnlyList<byte[]> intermediates,
        (TrustAnchors Trust, bool Trusted)? judged,
        Func<DomainName, CertificateDemand> demandFor,
        TimeProvider time)
    {
        (this.leaf, this.intermediates, this.judged, this.demandFor, this.time) = (leaf, intermediates, judged, demandFor, time);
        own = new Lazy<ChainCertificate>(() => ChainCertificate.Of(leaf!));
        Expires = leaf is null ? DateTimeOffset.MaxValue : new DateTimeOffset(leaf.NotAfter.ToUniversalTime());
        (Subject, Issuer) = (leaf?.Subject ?? string.Empty, leaf?.Issuer ?? string.Empty);
    }

    public TlsVersion Version { get; init; } = TlsVersion.Tls13;

    /// <summary>The peer was the TLS client: purposes other than a server's may count.</summary>
    public bool OfClient { get; init; }

    /// <summary>The end of its validity; never where there is no certificate.</summary>
    public DateTimeOffset Expires { get; }

    /// <summary>The certificate's key; null where there is none, or none that can be read.</summary>
    public KeyHash? Key => leaf is null ? null : own.Value.Pin;

    /// <summary>Who issued it, as it says itself; empty where there is none.</summary>
    public string Issuer { get; }

    private string Subject { get; }

    /// <summary>What it says, for people; null: there is none. What it proves of the domain is told where somebody had to know, and its names unless it proves that.</summary>
    public ShownCertificate? Shown(DomainName domain)
    {
        if (leaf is null)
            return null;
        var said = last is { } known && known.Domain.Equals(domain) ? known.Said : (Judgement?)null;
        CertificateVerdict? verdict = time.GetUtcNow() > Expires && said is not { OutlivesExpiry: true } ? CertificateVerdict.Untrusted : said?.Verdict;
        return new ShownCertificate(LogText.Of(Subject), LogText.Of(Issuer), Key, Expires, verdict, verdict is CertificateVerdict.Valid ? [] : DnsNames(leaf));
    }

    /// <summary>The subjects of what the peer sent behind its certificate, the first 8, for people.</summary>
    public IReadOnlyList<string> SentChain() => [.. intermediates.Take(8).Select(SubjectOf)];

    /// <summary>What is wrong with the chain for that domain, as the platform names it, such as <c>PartialChain</c> or <c>NotTimeValid</c>; empty: nothing, or no certificate.</summary>
    public string ChainFault(DomainName domain)
    {
        if (leaf is null)
            return string.Empty;
        var trust = demandFor(domain).Anchors;
        using var chain = new X509Chain { ChainPolicy = ChainPolicy(trust, system: trust.System && trust.Roots.Count == 0, time.GetUtcNow()) };
        foreach (var sent in intermediates)
            chain.ChainPolicy.ExtraStore.Add(X509CertificateLoader.LoadCertificate(sent));
        try
        {
            return chain.Build(leaf) ? string.Empty : string.Join(", ", chain.ChainStatus.Select(status => status.Status).Distinct());
        }
        catch (CryptographicException fault)
        {
            return LogText.Of(fault.Message);
        }
        finally
        {
            foreach (var sent in chain.ChainPolicy.ExtraStore)
                sent.Dispose();
        }
    }

    public CertificateVerdict Proves(DomainName domain)
    {
        if (leaf is null)
            return CertificateVerdict.None;
        var expired = time.GetUtcNow() > Expires;
        var demand = demandFor(domain);
        if (expired && demand.Rules.Dane is DaneUse.Off)
            return CertificateVerdict.Untrusted;
        if (last is { } known && known.Domain.Equals(domain) && known.Demand.Equals(demand) && (!expired || known.Said.OutlivesExpiry))
            return known.Said.Verdict;
        var said = Judge(leaf, domain, demand, expired);
        last = (domain, demand, said);
        var verdict = said.Verdict;
        if (verdict is CertificateVerdict.PinMismatch or CertificateVerdict.KeyChanged)
            unexpected = new UnexpectedKey(domain, verdict);
        return verdict;
    }

    /// <summary>The last certificate that was refused for its key, once.</summary>
    public UnexpectedKey? TakeUnexpected()
    {
        var taken = unexpected;
        unexpected = null;
        return taken;
    }

    /// <summary>True when the chain ends in one of these roots, whatever the name.</summary>
    public bool EndsIn(TrustAnchors roots)
    {
        if (leaf is null)
            return false;
        if (judged is not { } known || !Roots.Same(known.Trust, roots))
            judged = known = (roots, BuildsFrom(leaf, roots, ForServers, chains: null));
        return known.Trusted;
    }

    /// <summary>
    /// How chains are built: as those of servers, also when the peer is the TLS client, and without touching the network, whatever a certificate says.
    /// </summary>
    /// <param name="trust">Where they may end.</param>
    /// <param name="system">In the machine's store; else in the further roots. The platform takes one or the other.</param>
    /// <param name="now">When they must be valid.</param>
    public static X509ChainPolicy ChainPolicy(TrustAnchors trust, bool system, DateTimeOffset now) => ChainPolicy(trust, system, now, ForServers);

    private static X509ChainPolicy ChainPolicy(TrustAnchors trust, bool system, DateTimeOffset now, string[] purposes)
    {
        var policy = new X509ChainPolicy
        {
            DisableCertificateDownloads = true,
            RevocationMode = X509RevocationMode.NoCheck,
            VerificationTime = now.UtcDateTime,
            VerificationTimeIgnored = false,
            TrustMode = system ? X509ChainTrustMode.System : X509ChainTrustMode.CustomRootTrust,
        };
        foreach (var purpose in purposes)
            policy.ApplicationPolicy.Add(new Oid(purpose));
        if (!system)
            policy.CustomTrustStore.AddRange(trust.Roots.ToArray());
        return policy;
    }

    private Judgement Judge(X509Certificate2 certificate, DomainName domain, CertificateDemand demand, bool expired)
    {
        var byRoots = expired || !IsTrusted(certificate, demand) ? CertificateVerdict.Untrusted
            : !CertificateIdentity.Matches(certificate, domain) ? CertificateVerdict.WrongName
            : CertificateVerdict.Valid;
        var said = JudgeTlsa(certificate, domain, demand, byRoots);
        if (said.Verdict is not CertificateVerdict.Valid)
            return said;
        if (demand.Rules.Pins.Count > 0 && !IsPinned(certificate, demand))
            return new Judgement(CertificateVerdict.PinMismatch);
        return demand.Known.Count == 0 || (Key is { } key && demand.Known.Contains(key)) ? said : new Judgement(CertificateVerdict.KeyChanged);
    }

    private bool IsTrusted(X509Certificate2 certificate, CertificateDemand demand)
    {
        if (demand.PinsAlone)
            return Array.Exists(PurposesUnder(demand.Rules), purposes => Builds(certificate, demand.Anchors, system: false, purposes, chains: null, anyRoot: true));
        return Array.Exists(
            PurposesUnder(demand.Rules),
            purposes => ReferenceEquals(purposes, ForServers) ? EndsIn(demand.Anchors) : BuildsFrom(certificate, demand.Anchors, purposes, chains: null));
    }

    /// <summary>
    /// The alternatives, each a set of purposes that the chain must allow all; a chain that names none allows any. A TLS server's certificate is a server's,
    /// whatever is said of clients.
    /// </summary>
    private string[][] PurposesUnder(CertificateRules rules) => (OfClient, rules.AllowServerAuthOnly, rules.AllowClientAuthOnly) switch
    {
        (true, true, true) => [ForServers, [ClientAuth]],
        (true, false, true) => [[ClientAuth]],
        (true, false, false) => [[ServerAuth, ClientAuth]],
        _ => [ForServers],
    };

    /// <summary>The certificate's own key is pinned, or, where roots are trusted, that of an authority above it.</summary>
    private bool IsPinned(X509Certificate2 certificate, CertificateDemand demand)
    {
        var pins = demand.Rules.Pins;
        if (Key is { } key && pins.Contains(key))
            return true;
        if (demand.PinsAlone)
            return false;
        var chains = new List<ChainCertificate>();
        foreach (var purposes in PurposesUnder(demand.Rules))
            BuildsFrom(certificate, demand.Anchors, purposes, chains);
        return chains.Exists(element => element.Pin is { } pin && pins.Contains(pin));
    }

    /// <param name="certificate">The leaf.</param>
    /// <param name="trust">Where the chain may end.</param>
    /// <param name="purposes">What it must be for.</param>
    /// <param name="chains">Takes the certificates of chains that end there; then every kind of root is tried. Null: nobody asks.</param>
    private bool BuildsFrom(X509Certificate2 certificate, TrustAnchors trust, string[] purposes, List<ChainCertificate>? chains)
    {
        var ours = trust.Roots.Count > 0 && Builds(certificate, trust, system: false, purposes, chains);
        return ((chains is null && ours) || !trust.System ? ours : Builds(certificate, trust, system: true, purposes, chains) || ours);
    }

    private bool Builds(X509Certificate2 certificate, TrustAnchors trust, bool system, string[] purposes, List<ChainCertificate>? chains, bool anyRoot = false)
    {
        using var chain = new X509Chain { ChainPolicy = ChainPolicy(trust, system, time.GetUtcNow(), purposes) };
        if (anyRoot)
            chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
        foreach (var sent in intermediates)
            chain.ChainPolicy.ExtraStore.Add(X509CertificateLoader.LoadCertificate(sent));
        try
        {
            var builds = chain.Build(certificate);
            if (builds)
                chains?.AddRange(chain.ChainElements.Select(element => ChainCertificate.Of(element.Certificate)));
            return builds;
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

    private static string SubjectOf(byte[] encoded)
    {
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificate(encoded);
            return LogText.Of(certificate.Subject);
        }
        catch (CryptographicException)
        {
            return "unreadable";
        }
    }

    private static IReadOnlyList<string> DnsNames(X509Certificate2 certificate)
    {
        try
        {
            return [.. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(names => names.EnumerateDnsNames()).Take(MostNames).Select(LogText.Of)];
        }
        catch (CryptographicException)
        {
            return []; // what is broken names nobody
        }
    }
}
