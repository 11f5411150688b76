using System.Globalization;
using System.Text;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Tables;
using EdgePool.Policy.Verdicts;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;

namespace EdgePool.Benchmarks.Verdicts;

/// <summary>
/// A policy of many partners, half of them public and unverified, with access policies, grants and consents; and pairs of users to judge. Every verdict passes.
/// </summary>
internal sealed class VerdictScene : IConsents
{
    public const int Pairs = 8_192;

    private const string Partner = """
        {"description":"partner number NUMBER","additionalDomains":["conference.pNUMBER.example"],"partnerType":"TYPE","saslNegotiation":"Optional",
         "rules":{"payloads":{"deny":["urn:example:no"]},"denyLocalUsers":["guest@contoso.example"]}}
        """;

    private readonly Utf8Table<bool> consents;
    private readonly StreamFramer framer = StreamFramer.Inside(ContentNamespace.Server, FramerLimits.Authenticated);
    private readonly byte[] stanza;
    private readonly byte[][] locals = new byte[Pairs][];
    private readonly byte[][] remotes = new byte[Pairs][];

    public VerdictScene(int partners, int grants, int consents, string stanza)
    {
        this.stanza = Encoding.UTF8.GetBytes(stanza);
        Snapshot = PolicyCompiler.Compile(Documents(partners, grants), 1, [DomainName.Parse("contoso.example")]).Snapshot!;
        var builder = new Utf8Table<bool>.Builder(consents);
        for (var i = 0; i < consents; i++)
            builder.TryAdd(Key($"u{i % grants}@contoso.example", $"r{i}@p{i % partners}.example"), value: true);
        this.consents = builder.Build();
        var random = new Random(1);
        for (var i = 0; i < Pairs; i++)
        {
            var consent = random.Next(consents);
            locals[i] = Encoding.UTF8.GetBytes($"u{consent % grants}@contoso.example/desk");
            remotes[i] = Encoding.UTF8.GetBytes($"r{consent}@p{consent % partners}.example/phone");
        }
    }

    public PolicySnapshot Snapshot { get; }

    public static List<PolicyDocument> Documents(int partners, int grants)
    {
        var all = new List<PolicyDocument>
        {
            new(DocumentKinds.Organisation, DocumentKinds.OrganisationName, 1, """{"sites":[{"name":"main","localDomains":["contoso.example"]}]}"""),
            new(DocumentKinds.AccessPolicy, "tag:all", 1, """{"enableFederationAccess":true,"enableXmppAccess":true,"enablePublicCloudAccess":true}"""),
        };
        for (var i = 0; i < partners; i++)
        {
            var number = i.ToString(CultureInfo.InvariantCulture);
            var body = Partner.Replace("NUMBER", number, StringComparison.Ordinal).Replace("TYPE", i % 2 == 0 ? "Federated" : "PublicUnverified", StringComparison.Ordinal);
            all.Add(new PolicyDocument(DocumentKinds.Partner, $"p{number}.example", 1, body));
        }

        for (var i = 0; i < grants; i++)
            all.Add(new PolicyDocument(DocumentKinds.Grant, string.Create(CultureInfo.InvariantCulture, $"u{i}@contoso.example"), 1, """{"policy":"tag:all"}"""));
        return all;
    }

    /// <summary>Judges one pair many times: what a stream with one conversation costs. Gives how many passed.</summary>
    public int JudgeOne(int times)
    {
        framer.Read(stanza, out _, out var frame);
        var local = Address(locals[1]);
        var remote = Address(remotes[1]);
        var passed = 0;
        for (var i = 0; i < times; i++)
            passed += Judge(in frame, in local, in remote);
        return passed;
    }

    /// <summary>Judges some pairs in turn: what a node costs whose users talk with that many others.</summary>
    public int JudgeSome(int pairs, int times)
    {
        framer.Read(stanza, out _, out var frame);
        var passed = 0;
        for (var i = 0; i < times; i++)
        {
            var local = Address(locals[i % pairs]);
            var remote = Address(remotes[i % pairs]);
            passed += Judge(in frame, in local, in remote);
        }

        return passed;
    }

    /// <summary>The addresses of <see cref="JudgeSome"/> without the verdicts.</summary>
    public int ParseSome(int pairs, int times)
    {
        var parsed = 0;
        for (var i = 0; i < times; i++)
            parsed += Address(locals[i % pairs]).Domain.Length + Address(remotes[i % pairs]).Domain.Length;
        return parsed;
    }

    /// <summary>Judges every pair once: each with another partner, user, grant and consent, so that memory is met cold.</summary>
    public int JudgeAll() => JudgeSome(Pairs, Pairs);

    /// <summary>The addresses of <see cref="JudgeAll"/> without the verdicts.</summary>
    public int ParseAll() => ParseSome(Pairs, Pairs);

    public bool Has(ReadOnlySpan<byte> localBare, ReadOnlySpan<byte> remoteBare)
    {
        Span<byte> key = stackalloc byte[localBare.Length + remoteBare.Length + 1];
        localBare.CopyTo(key);
        key[localBare.Length] = 0;
        remoteBare.CopyTo(key[(localBare.Length + 1)..]);
        return consents.Contains(key);
    }

    private int Judge(in StanzaFrame frame, in JidSpan local, in JidSpan remote)
    {
        var partner = Snapshot.Find(remote.Domain)!;
        return Snapshot.Judge(Direction.FromPartner, partner, in frame, in local, in remote, this).Passes ? 1 : 0;
    }

    private static JidSpan Address(byte[] text) => JidSpan.TryParse(text, out var jid) ? jid : throw new InvalidOperationException("no address");

    private static byte[] Key(string local, string remote) => Encoding.UTF8.GetBytes(local + "\0" + remote);
}
