using System.Text;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;
using Xunit;

namespace EdgePool.Policy.Tests;

/// <summary>Documents compiled as a store's, and stanzas judged by them. JSON is written with ' for ".</summary>
internal sealed class PolicyScene(PolicySnapshot snapshot)
{
    public const string OpenAccess = "{'enableFederationAccess': true, 'enableXmppAccess': true, 'enablePublicCloudAccess': true}";

    public static DomainName[] LocalDomains { get; } = [DomainName.Parse("contoso.example"), DomainName.Parse("bücher.example")];

    public PolicySnapshot Snapshot { get; } = snapshot;

    public HashSet<(string Local, string Remote)> Consents { get; } = [];

    /// <summary>The documents, each "Kind/name" with its body; unless one is there, everybody has access.</summary>
    public static PolicyScene Of(params (string Path, string Body)[] documents)
    {
        var compilation = PolicyCompiler.Compile(Documents(documents), 7, LocalDomains);
        Assert.DoesNotContain(compilation.Problems, problem => problem.Severity is ProblemSeverity.Error);
        return new PolicyScene(compilation.Snapshot!);
    }

    /// <summary>One partner, p.example, with everybody's access open.</summary>
    public static PolicyScene WithPartner(string body) => Of(("Partner/p.example", body), ("AccessPolicy/global", OpenAccess));

    public static List<PolicyDocument> Documents(params (string Path, string Body)[] documents)
        => [.. documents.Select((document, index) => new PolicyDocument(
            document.Path[..document.Path.IndexOf('/')],
            document.Path[(document.Path.IndexOf('/') + 1)..],
            index + 1,
            Json(document.Body)))];

    public static string Json(string body) => body.Replace('\'', '"');

    public Verdict FromPartner(string stanza, string local = "alice@contoso.example", string remote = "bob@p.example/phone", string root = "")
        => Judge(Direction.FromPartner, stanza, local, remote, root);

    public Verdict ToPartner(string stanza, string local = "alice@contoso.example/desk", string remote = "bob@p.example", ContentNamespace content = ContentNamespace.Server)
    {
        var framer = StreamFramer.Inside(content, FramerLimits.Authenticated);
        Assert.Equal(FrameStatus.Element, framer.Read(Encoding.UTF8.GetBytes(stanza), out _, out var frame));
        return Judge(Direction.ToPartner, in frame, local, remote);
    }

    public Verdict Judge(Direction direction, string stanza, string local, string remote, string root = "")
    {
        var framer = Framer(root);
        Assert.Equal(FrameStatus.Element, framer.Read(Encoding.UTF8.GetBytes(stanza), out _, out var frame));
        return Judge(direction, in frame, local, remote);
    }

    /// <summary>Judges what is rendered for a component and waits in its queue.</summary>
    public Verdict FromPartnerRendered(string stanza)
    {
        var framer = StreamFramer.Inside(ContentNamespace.Component, FramerLimits.Authenticated);
        Assert.Equal(FrameStatus.Element, framer.Read(Encoding.UTF8.GetBytes(stanza), out _, out var frame));
        return Judge(Direction.FromPartner, in frame, "alice@contoso.example", "bob@p.example");
    }

    /// <summary>The document that a verdict rests on.</summary>
    public string? SourceOf(VerdictReason reason, string local, string remote)
    {
        var localJid = Span(local);
        return Snapshot.SourceOf(reason, Snapshot.Find(Span(remote).Domain), in localJid)?.Path;
    }

    public Explanation Explain(Direction direction, string stanza, string local, string remote)
    {
        var framer = Framer("");
        Assert.Equal(FrameStatus.Element, framer.Read(Encoding.UTF8.GetBytes(stanza), out _, out var frame));
        var localJid = Span(local);
        var remoteJid = Span(remote);
        return Snapshot.Explain(direction, Snapshot.Find(remoteJid.Domain), in frame, in localJid, in remoteJid, new Ledger(Consents));
    }

    public Explanation Why(string from, string to, StanzaKind kind = StanzaKind.Message)
        => Snapshot.Explain(Jid.Parse(from), Jid.Parse(to), kind, new Ledger(Consents));

    /// <summary>The children that are left out.</summary>
    public static string LeftOut(Verdict verdict)
        => string.Join(',', Enumerable.Range(0, 64).Where(child => verdict.LeaveOut.Contains(child)));

    private Verdict Judge(Direction direction, in StanzaFrame frame, string local, string remote)
    {
        var localJid = Span(local);
        var remoteJid = Span(remote);
        var partner = Snapshot.Find(remoteJid.Domain) ?? throw new InvalidOperationException("no such partner");
        return Snapshot.Judge(direction, partner, in frame, in localJid, in remoteJid, new Ledger(Consents));
    }

    private static JidSpan Span(string jid)
    {
        Assert.True(JidSpan.TryParse(Encoding.UTF8.GetBytes(jid), out var span));
        return span;
    }

    private static StreamFramer Framer(string root)
    {
        if (root.Length == 0)
            return StreamFramer.Inside(ContentNamespace.Server, FramerLimits.Authenticated);
        var framer = new StreamFramer(FramerLimits.Authenticated);
        var header = $"<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' {root} from='p.example' to='contoso.example' version='1.0'>";
        Assert.Equal(FrameStatus.Header, framer.Read(Encoding.UTF8.GetBytes(header), out _, out _));
        return framer;
    }

    private sealed class Ledger(HashSet<(string Local, string Remote)> given) : IConsents
    {
        public bool Has(ReadOnlySpan<byte> localBare, ReadOnlySpan<byte> remoteBare)
            => given.Contains((Encoding.UTF8.GetString(localBare), Encoding.UTF8.GetString(remoteBare)));
    }
}
