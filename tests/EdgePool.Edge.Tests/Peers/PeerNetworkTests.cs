using System.Net.Sockets;
using System.Text;
using EdgePool.Cluster.Peers;
using EdgePool.Edge.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Peers;

public sealed class PeerNetworkTests
{
    [Fact]
    public async Task Ask_ThreeNodes_EachHearsEachAndItself()
    {
        await using var scene = new PoolScene();
        var nodes = new Dictionary<string, EdgeNode>(StringComparer.Ordinal);
        foreach (var name in (string[])["a", "b", "c"])
        {
            nodes[name] = await scene.StartAsync(name);
            nodes[name].Peers!.Answer(QuestionKind.Status, (from, question, _) => new(Encoding.UTF8.GetBytes($"{name} to {from}: {Encoding.UTF8.GetString(question.Span)}")));
        }

        foreach (var (name, node) in nodes)
            await PoolScene.LinkedAsync(node, [.. nodes.Keys.Where(other => other != name)]);
        foreach (var (name, node) in nodes)
        {
            foreach (var other in nodes.Keys)
                Assert.Equal($"{other} to {name}: well?", Encoding.UTF8.GetString((await node.Peers!.AskAsync(other, QuestionKind.Status, "well?"u8.ToArray(), default)).Span));
        }
    }

    // A node that has not joined yet refuses TCP: partners go on to the next target of their SRV records.
    [Fact]
    public async Task Open_LinksComeUp_PartnersAndBackEndsAreRefusedUntilItAccepts()
    {
        await using var scene = new PoolScene();
        var a = await scene.StartAsync("a");
        var b = await scene.StartAsync("b", accepting: false);

        await PoolScene.LinkedAsync(a, "b");
        foreach (var address in b.S2SEndPoints.Concat(b.InternalEndPoints))
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            var refused = await Assert.ThrowsAsync<SocketException>(async () => await socket.ConnectAsync(address));
            Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        }

        b.Accept();
        await using var partner = await scene.PartnerAtAsync(b);
    }

    [Fact]
    public async Task Ask_TheLongest_GoesAndComesBack()
    {
        await using var scene = new PoolScene();
        var (a, _) = await PairAsync(scene, (_, question, _) => new(question));
        var longest = new byte[IPeerNetwork.Longest];
        new Random(1).NextBytes(longest);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => a.Peers!.AskAsync("b", QuestionKind.Entity, longest, default).AsTask()));

        Assert.All(answers, answer => Assert.True(answer.Span.SequenceEqual(longest)));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await a.Peers!.AskAsync("b", QuestionKind.Entity, new byte[IPeerNetwork.Longest + 1], default));
    }

    [Fact]
    public async Task Ask_NoAnswerForAReason_SaysIt()
    {
        await using var scene = new PoolScene();
        var (a, _) = await PairAsync(scene, static (_, question, _) => question.Span[0] switch
        {
            0 => throw new InvalidOperationException("a bug"),
            1 => new(new byte[IPeerNetwork.Longest + 1]),
            _ => throw new PeerException("not the owner"),
        });

        Assert.Equal("node b: the answer failed", await FailureAsync(a, "b", QuestionKind.Entity, 0));
        Assert.Equal("node b: the answer is too long", await FailureAsync(a, "b", QuestionKind.Entity, 1));
        Assert.Equal("node b: not the owner", await FailureAsync(a, "b", QuestionKind.Entity, 2));
        Assert.Equal("node b: nobody here answers questions of kind 2", await FailureAsync(a, "b", QuestionKind.Status, 0));
        Assert.Equal("there is no link to node c", await FailureAsync(a, "c", QuestionKind.Status, 0));
    }

    [Fact]
    public async Task Ask_NobodyAnswersInTime_GivesUpAndTheLinkStands()
    {
        await using var scene = new PoolScene();
        var silent = new TaskCompletionSource<ReadOnlyMemory<byte>>();
        var (a, _) = await PairAsync(scene, (_, question, _) => question.Span[0] == 0 ? new(silent.Task) : new(question), TimeSpan.FromMilliseconds(200));

        Assert.Matches("in time|too long", await FailureAsync(a, "b", QuestionKind.Entity, 0)); // each side has the deadline
        Assert.Equal(1, (await a.Peers!.AskAsync("b", QuestionKind.Entity, new byte[] { 1 }, default)).Span[0]);
    }

    [Fact]
    public async Task Ask_MoreThanMayBeUnderWay_IsRefusedAtOnce()
    {
        await using var scene = new PoolScene();
        var silent = new TaskCompletionSource<ReadOnlyMemory<byte>>();
        var (a, _) = await PairAsync(scene, (_, _, _) => new(silent.Task), TimeSpan.FromSeconds(20));
        var asked = Enumerable.Range(0, PeerQuestions.MostAsked).Select(_ => a.Peers!.AskAsync("b", QuestionKind.Entity, new byte[1], default).AsTask()).ToList();

        Assert.Contains("256 questions", await FailureAsync(a, "b", QuestionKind.Entity, 0), StringComparison.Ordinal);

        silent.SetResult(new byte[] { 7 });
        Assert.All(await Task.WhenAll(asked), answer => Assert.Equal(7, answer.Span[0]));
    }

    [Fact]
    public async Task Ask_TheNodeIsLost_FailsAtOnceAndWorksAgainWhenItIsBack()
    {
        await using var scene = new PoolScene();
        var silent = new TaskCompletionSource<ReadOnlyMemory<byte>>();
        using var identity = PeerIdentity.Create();
        var a = await scene.StartAsync("a", change: Patient(TimeSpan.FromSeconds(30)));
        var b = await scene.StartAsync("b", identity);
        b.Peers!.Answer(QuestionKind.Entity, (_, _, _) => new(silent.Task));
        await PoolScene.LinkedAsync(a, "b");
        var asked = FailureAsync(a, "b", QuestionKind.Entity, 0);

        await b.DisposeAsync();

        Assert.Contains("the link has ended", await asked, StringComparison.Ordinal);
        var again = await scene.StartAsync("b", identity);
        again.Peers!.Answer(QuestionKind.Entity, (_, question, _) => new(question));
        await PoolScene.LinkedAsync(a, "b");
        Assert.Equal(3, (await a.Peers!.AskAsync("b", QuestionKind.Entity, new byte[] { 3 }, default)).Span[0]);
    }

    private static async Task<(EdgeNode A, EdgeNode B)> PairAsync(
        PoolScene scene, Func<string, ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> answer, TimeSpan? timeout = null)
    {
        var a = await scene.StartAsync("a", change: Patient(timeout ?? TimeSpan.FromSeconds(30)));
        var b = await scene.StartAsync("b", change: Patient(timeout ?? TimeSpan.FromSeconds(30)));
        b.Peers!.Answer(QuestionKind.Entity, answer);
        await PoolScene.LinkedAsync(a, "b");
        await PoolScene.LinkedAsync(b, "a");
        return (a, b);
    }

    private static Func<EdgeOptions, EdgeOptions> Patient(TimeSpan question) => options => options with { Pool = options.Pool! with { Timeouts = options.Pool.Timeouts with { Question = question } } };

    private static async Task<string> FailureAsync(EdgeNode node, string other, QuestionKind kind, byte question)
        => (await Assert.ThrowsAsync<PeerException>(async () => await node.Peers!.AskAsync(other, kind, new[] { question }, default))).Message;
}
