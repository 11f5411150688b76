using System.Security.Cryptography.X509Certificates;
using EdgePool.Dns.Resolving;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Certificates;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

/// <summary>What the tests of DANE on live streams have in common: a DNS that answers as a validating resolver does, and p1.example's certificate and records.</summary>
internal static class DaneScene
{
    public const int Port = 5269;
    public const int TargetFailed = 1020;
    public const int TlsaVouches = 3305;
    public const int TlsaMismatch = 3306;
    public const int TlsaMissing = 3307;
    public const int TlsaUnavailable = 3308;

    public const string Host = "xmpp.p1.example";

    public static PartnerDocument Required { get; } = With(DaneUse.Require);
    public static PartnerDocument Allowed { get; } = With(DaneUse.Allow);

    // What the DNS is made to say, and how the stream ends for it; the certificate would do by its roots.
    public static TheoryData<string, string, int> Refusals => new()
    {
        { "wrong", "certificate-tlsa-mismatch", TlsaMismatch },
        { "none", "certificate-tlsa-missing", TlsaMissing },
        { "DNS-17 unsigned SRV", "certificate-tlsa-missing", TlsaMissing },
        { "unsigned host", "certificate-tlsa-missing", TlsaMissing },
        { "unsigned TLSA", "certificate-tlsa-missing", TlsaMissing },
        { "not understood", "certificate-tlsa-missing", TlsaMissing },
        { "resolver does not validate", "certificate-tlsa-missing", TlsaMissing },
        { "bogus host", "certificate-tlsa-unavailable", TlsaUnavailable },
        { "bogus TLSA", "certificate-tlsa-unavailable", TlsaUnavailable },
    };

    public static PartnerDocument With(DaneUse use) => TrustScene.P1 with { TrustText = new WrittenTrust { Dane = use } };

    public static EdgeScene Start(PartnerDocument p1, bool validating = true, Func<EdgeOptions, EdgeOptions>? change = null)
        => EdgeScene.Start(options => (change?.Invoke(options) ?? options) with
        {
            Policy = EdgeScene.Policy(p1, TrustScene.P2),
            ValidatingDns = validating ? new ValidatingServers([]) : null,
        });

    public static X509Certificate2 SelfSigned(EdgeScene scene)
        => scene.Authority.Issue(new LeafRequest { DnsNames = ["p1.example"], SelfSigned = true }).Certificate;

    /// <summary>p1.example shows a certificate that needs a record of this usage, and has it.</summary>
    public static void Show(EdgeScene scene, TestCertificateAuthority foreign, int usage, int port = Port)
    {
        var shown = scene.Shown["p1.example"] = usage switch
        {
            3 => foreign.Issue(new LeafRequest { DnsNames = ["elsewhere.example"], SelfSigned = true, NotBefore = TimeSpan.FromDays(-3), NotAfter = TimeSpan.FromDays(-1) }).Certificate,
            2 => foreign.Issue(Host).Certificate,
            _ => scene.Authority.Issue("p1.example").Certificate,
        };
        var (selector, matchingType) = usage == 2 ? (0, 0) : (1, 1);
        scene.Vouch("p1.example", port, usage, selector, matchingType, usage switch { 2 => foreign.Root, 0 => scene.Authority.Root, _ => shown });
    }

    /// <summary>The DNS of p1.example, wrong in this way.</summary>
    public static void Say(EdgeScene scene, string dns, int port)
    {
        var shown = scene.Shown.GetValueOrDefault("p1.example") ?? (scene.Shown["p1.example"] = scene.Authority.Issue("p1.example").Certificate);
        if (dns is not "none")
            scene.Vouch("p1.example", port, dns is "not understood" ? 9 : 3, 1, 1, dns is "wrong" ? scene.Authority.Root : shown);
        scene.Publish("p1.example", port);
        switch (dns)
        {
            case "DNS-17 unsigned SRV":
                scene.Names.Unsigned("_xmpp-server._tcp.p1.example");
                break;
            case "unsigned host":
                scene.Names.Unsigned(Host);
                break;
            case "unsigned TLSA":
                scene.Names.Unsigned($"_tcp.{Host}");
                break;
            case "bogus host":
                scene.Names.Bogus(Host);
                break;
            case "bogus TLSA":
                scene.Names.Bogus($"_tcp.{Host}");
                break;
            default:
                break;
        }
    }
}
