using EdgePool.Edge.Tests.Lifecycle;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Peers;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using Xunit;

namespace EdgePool.Edge.Tests.Negotiation;

/// <summary>Plays a scenario: a real node is the one side, and scripted peers say the other side's lines and expect the node's.</summary>
internal sealed class ScenarioRun : IAsyncDisposable
{
    private const int Authenticated = 1003;

    private readonly Scenario scenario;
    private readonly bool initiates;
    private readonly string ours;
    private readonly string theirs;
    private readonly EdgeScene scene;
    private readonly ScenarioTerms terms;
    private readonly ScriptedListener listener;
    private readonly Dictionary<int, ScriptedPeer> streams = [];

    private ScenarioRun(Scenario scenario, bool initiates)
    {
        (this.scenario, this.initiates) = (scenario, initiates);
        var (own, other) = initiates ? (scenario.Initiator, scenario.Receiver) : (scenario.Receiver, scenario.Initiator);
        var domains = scenario.Domains ?? (initiates ? ("edge.example", "p1.example") : ("p1.example", "edge.example"));
        (ours, theirs) = initiates ? domains : (domains.Receiver, domains.Initiator);
        scene = EdgeScene.Start((scene, options) => options with
        {
            LocalDomains = [new LocalDomain(DomainName.Parse(ours), new BackEndOptions.Component(EdgeScene.Secret))],
            Certificates = [new EdgeCertificate(Issue(scene, own, ours).Certificate, [])],
            Policy = PolicyCompiler.Compile([own.ToDocument(theirs)], [DomainName.Parse(ours)]).Snapshot!,
            DialbackSecrets = scenario.Secret is { } secret ? new DialbackSecrets(secret) : options.DialbackSecrets,
        });
        terms = new ScenarioTerms(domains.Initiator, domains.Receiver);
        listener = scene.Serve(theirs);
        if (!other.IsOld)
            scene.Shown[theirs] = Issue(scene, other, theirs).Certificate;
    }

    /// <summary>Plays it to its end and looks at what it came to.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="initiates">The node is the initiating side; else the receiving one.</param>
    public static async Task PlayAsync(Scenario scenario, bool initiates)
    {
        await using var run = new ScenarioRun(scenario, initiates);
        await using var component = await run.scene.ComponentAsync(run.ours);
        if (initiates)
            await component.SendAsync($"<message from='u@{run.ours}' to='u@{run.theirs}' id='1'><body>x</body></message>");
        foreach (var line in scenario.Lines)
            await run.PlayAsync(line);
        await run.CheckAsync(component);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var stream in streams.Values)
            await stream.DisposeAsync();
        await scene.DisposeAsync();
    }

    private static IssuedCertificate Issue(EdgeScene scene, ScenarioSide side, string domain)
        => scene.Authority.Issue(LeafRequest.For(domain) with { SelfSigned = side.Certificate is "self-signed" });

    /// <summary>Stream 1 is opened by the initiating side, the others by the receiving one.</summary>
    private bool PeerOpens(int stream) => (stream == 1) != initiates;

    private async Task PlayAsync(ScenarioLine line)
    {
        var opens = PeerOpens(line.Stream);
        if (!streams.TryGetValue(line.Stream, out var peer))
        {
            peer = opens ? await ScriptedPeer.ConnectAsync(scene.Node.S2SEndPoints[0], scenario.Name) : await listener.AcceptAsync(scenario.Name);
            streams.Add(line.Stream, peer);
        }

        if (line.Speaker is Speaker.Both)
            await (opens ? peer.UpgradeTlsAsync(scene.Client(theirs)) : peer.UpgradeTlsAsync(scene.Server(theirs)));
        else if (line.Speaker is Speaker.Opener == opens)
            await SayAsync(peer, line.Text, opens);
        else
            await HearAsync(peer, line.Text);
    }

    private async Task SayAsync(ScriptedPeer peer, string text, bool opens)
    {
        if (text.StartsWith("<stream:stream ", StringComparison.Ordinal))
        {
            var header = ScenarioTerms.Parse(terms.Say(text));
            string? Attribute(string name) => header.Attribute(name)?.Value;
            if (opens)
                await peer.SendHeaderAsync(Attribute("from"), Attribute("to"), version: Attribute("version"));
            else
                await peer.SendAsync(Answer(terms.Say(text)));
        }
        else if (text is "end")
        {
            await peer.DisposeAsync();
        }
        else
        {
            await peer.SendAsync(terms.Say(text));
            if (text.StartsWith("<success ", StringComparison.Ordinal))
                peer.Restart();
        }
    }

    /// <summary>A header on the wire; <c>db=none</c> leaves out the namespace of dialback, which tells that it is known.</summary>
    private static string Answer(string header)
    {
        const string None = " db=none";
        var dialback = header.Contains(None, StringComparison.Ordinal) ? "" : " xmlns:db='jabber:server:dialback'";
        var attributes = header.Replace(None, "", StringComparison.Ordinal)["<stream:stream".Length..];
        return $"<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'{dialback}{attributes}";
    }

    private async Task HearAsync(ScriptedPeer peer, string text)
    {
        switch (text)
        {
            case "end":
                await peer.ExpectConnectionEndAsync();
                break;
            case "</stream:stream>":
                await peer.ExpectStreamEndAsync();
                break;
            default:
                var heard = await peer.HearAsync();
                Assert.True(heard.Element is { } element && terms.Hears(text, element), $"expected {text}, heard {heard.Text}\n{peer.Dialogue}");
                break;
        }
    }

    private async Task CheckAsync(ComponentClient component)
    {
        var refused = scenario.Outcome is "refused";
        if (!refused)
            await scene.UntilAsync(() => Proofs().Length == 1, "the authenticated pair");
        Assert.Equal(refused ? [] : [scenario.Outcome], Proofs());
        if (!initiates && refused)
        {
            await scene.BalancedAsync();
            Assert.Equal(0, scene.Account.Accepted);
        }
        else if (!initiates)
        {
            Assert.Equal("1", (await component.ReceiveAsync()).Attribute("id")?.Value);
        }
        else if (refused)
        {
            var answer = await scene.WhileAdvancingAsync(component.ReceiveAsync(), TimeSpan.FromMilliseconds(500));
            Assert.True(XmppNames.Matches(answer, $"message[@type='error']/error/stanzas:{scenario.Bounce}"), answer.ToString());
        }
    }

    private string[] Proofs() => [.. scene.Logs.Events.Where(e => e.Id.Id == Authenticated && $"{ours}-{theirs}".Equals(e.Values["Pair"])).Select(e => e.Values["Method"]!.ToString()!)];
}
