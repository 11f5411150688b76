using EdgePool.Edge.Dialback;
using EdgePool.Edge.Tests.Lifecycle;
using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Peers;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using Xunit;

namespace EdgePool.Edge.Tests.Dialback;

/// <summary>DB-31 on one node: the secrets of dialback keys change while streams come up and are up.</summary>
public sealed class DialbackSecretWatchTests
{
    private const int Replaced = 2040;
    private const int Refused = 2041;
    private const int Unchanged = 2042;
    private const string First = "dialback secret";

    private readonly FakeSource source = new(First);

    [Fact]
    public async Task DB31_KeyUnderWayAtTheRotation_Verifies()
    {
        await using var scene = await StartAsync();
        await using var component = await scene.ComponentAsync();
        await using var receiving = await DialedAsync(scene, component, "before");
        var key = (await receiving.ExpectAsync("db:result")).Value;

        source.Put("second", First);
        await ReplacedAsync(scene, 1);

        await using var verifying = await ScriptedPeer.ConnectAsync(scene.Node.S2SEndPoints[0], "p1.example");
        await verifying.SendHeaderAsync("p1.example", "edge.example");
        await verifying.ExpectHeaderAsync();
        await verifying.ExpectAsync("stream:features");
        await VerifyAsync(verifying, key, "before", "valid");
        await receiving.SendAsync("<db:result from='p1.example' to='edge.example' type='valid'/>");
        await receiving.ExpectAsync("message");

        // What is made now is made by the newest; what nobody knows any more is void. No stream has noticed.
        await component.SendAsync(S2SDialogue.Message("b@edge.example", "a@p1.example", 2));
        await receiving.ExpectAsync("message");
        source.Put("second");
        await ReplacedAsync(scene, 2);
        await VerifyAsync(verifying, key, "before", "invalid");
        var made = new DialbackKeys("second").KeyFor(DomainName.Parse("p1.example"), DomainName.Parse("edge.example"), "after");
        await VerifyAsync(verifying, made, "after", "valid");
        await component.SendAsync(S2SDialogue.Message("b@edge.example", "a@p1.example", 3));
        await receiving.ExpectAsync("message");
        Assert.Equal([(2, 1, 1), (1, 1, 2)], scene.Logs.Events.Where(e => e.Id.Id == Replaced).Select(e => ((int)e.Values["Secrets"]!, (int)e.Values["Kept"]!, (int)e.Values["Before"]!)));
    }

    [Fact]
    public async Task Key_AfterTheRotation_IsMadeByTheNewest()
    {
        await using var scene = await StartAsync();
        await using var component = await scene.ComponentAsync();
        source.Put("second", First);
        await ReplacedAsync(scene, 1);

        await using var receiving = await DialedAsync(scene, component, "S");

        var made = new DialbackKeys("second").KeyFor(DomainName.Parse("p1.example"), DomainName.Parse("edge.example"), "S");
        Assert.Equal(made, (await receiving.ExpectAsync("db:result")).Value);
    }

    [Fact]
    public async Task Secrets_SeenOnce_AreNotYetTaken()
    {
        await using var scene = await StartAsync();
        await LookAsync(scene, 1);
        source.Put("half of it");
        await LookAsync(scene, 1);
        source.Put("the whole of it", First);
        await LookAsync(scene, 1);
        Assert.Empty(Events(scene, Replaced));
        await LookAsync(scene, 1);
        await scene.UntilAsync(() => Events(scene, Replaced) is [2], "the whole");
    }

    [Fact]
    public async Task BadSecrets_AreRefusedOnceAndTheOldStay()
    {
        await using var scene = await StartAsync();
        source.PutBad("dialback.secret is open to other users (mode 644) — chmod 600 dialback.secret");
        await LookAsync(scene, 6);
        await scene.UntilAsync(() => Events(scene, Refused).Length == 1, "the refusal");
        Assert.Contains("mode 644", scene.Logs.Events.Single(e => e.Id.Id == Refused).Message, StringComparison.Ordinal);
        source.Fault = new IOException("the disk is gone");
        await LookAsync(scene, 6);
        await scene.UntilAsync(() => Events(scene, Refused).Length == 2, "the next refusal");

        (source.Fault, var before) = (null, source.Looks);
        source.Put(First);
        scene.Node.RereadDialbackSecrets();
        await scene.UntilAsync(() => Events(scene, Unchanged) is [1] && source.Looks > before, "those in force");
        Assert.Empty(Events(scene, Replaced));
    }

    [Fact]
    public async Task Secrets_AtTheOperatorsWord_AreTakenOrRefusedAtOnce()
    {
        await using var scene = await StartAsync();
        source.Put("second", First);
        scene.Node.RereadDialbackSecrets();
        await scene.UntilAsync(() => Events(scene, Replaced) is [2], "the new ones");
        source.PutBad("they are bad");
        scene.Node.RereadDialbackSecrets();
        scene.Node.RereadDialbackSecrets();
        await scene.UntilAsync(() => Events(scene, Refused).Length == 2, "an answer to each");
    }

    private async Task<EdgeScene> StartAsync()
    {
        var scene = EdgeScene.Start(options => options with
        {
            DialbackSecretSource = source,
            Policy = EdgeScene.Policy(new PartnerDocument { Domain = "p1.example", TlsNegotiation = NegotiationMode.NotSupported, SaslNegotiation = NegotiationMode.NotSupported }),
        });
        await scene.UntilAsync(() => source.Looks > 0, "the first look");
        return scene;
    }

    /// <summary>A stream that the node opens for the component's stanza, up to the partner's features.</summary>
    private static async Task<ScriptedPeer> DialedAsync(EdgeScene scene, ComponentClient component, string streamId)
    {
        var listener = scene.Serve("p1.example");
        await component.SendAsync(S2SDialogue.Message("b@edge.example", "a@p1.example", 1));
        var peer = await listener.AcceptAsync("p1.example");
        await peer.AnswerHeaderAsync("p1.example", "edge.example", streamId);
        await peer.SendAsync("<stream:features><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>");
        return peer;
    }

    private static async Task VerifyAsync(ScriptedPeer peer, string key, string id, string type)
    {
        await peer.SendAsync($"<db:verify from='p1.example' to='edge.example' id='{id}'>{key}</db:verify>");
        await peer.ExpectAsync($"db:verify[@type='{type}' and @id='{id}']");
    }

    private static Task ReplacedAsync(EdgeScene scene, int times)
        => scene.UntilAsync(() => Events(scene, Replaced).Length == times, "the rotation", TimeSpan.FromMilliseconds(100));

    /// <summary>Lets so many turns of the watch pass, each seen through.</summary>
    private async Task LookAsync(EdgeScene scene, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var before = source.Looks;
            scene.Time.Advance(DialbackSecretWatchActor.Interval);
            await scene.UntilAsync(() => source.Looks > before, "a look");
        }
    }

    /// <summary>The numbers of secrets that events of this id tell.</summary>
    private static int[] Events(EdgeScene scene, int id) => [.. scene.Logs.Events.Where(e => e.Id.Id == id).Select(e => e.Values.GetValueOrDefault("Secrets") as int? ?? 0)];

    /// <summary>A file that a test changes at will.</summary>
    private sealed class FakeSource(string secret) : IDialbackSecretSource
    {
        private volatile DialbackSecretReading reading = new(new DialbackSecrets(secret), []);
        private int looks;

        public int Looks => Volatile.Read(ref looks);

        public Exception? Fault { get; set; }

        public DialbackSecretReading Read()
        {
            Interlocked.Increment(ref looks);
            return Fault is null ? reading : throw Fault;
        }

        public void Put(params string[] secrets) => reading = new DialbackSecretReading(new DialbackSecrets(secrets), []);

        public void PutBad(string problem) => reading = new DialbackSecretReading(null, [problem]);
    }
}
