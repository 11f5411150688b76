using EdgePool.Dns.Messages;
using EdgePool.Policy.Partners;
using Xunit;
using static EdgePool.Edge.Tests.Lifecycle.DaneScene;

namespace EdgePool.Edge.Tests.Lifecycle;

// DANE on a stream that is up: policy says something else by now, or the records do.
public sealed class DaneChangeTests
{
    [Fact]
    public async Task PolicyChanges_RecordsAreDemanded_TheStreamComesAnew()
    {
        await using var scene = Start(With(DaneUse.Off));
        scene.Shown["p1.example"] = scene.Authority.Issue("p1.example").Certificate;
        scene.Vouch("p1.example", Port, 3, 1, 1, scene.Shown["p1.example"]);
        scene.Publish("p1.example", Port);
        await using var byRoots = await scene.ComesAsync();

        await scene.Node.PublishAsync(EdgeScene.Policy(Required, TrustScene.P2));

        await byRoots.ExpectStreamErrorAsync("reset");
        await using var byRecords = await scene.ComesAsync();
        Assert.True(scene.Has(TlsaVouches));
    }

    // The record's time has run out, and the zone says something else by now: the stream ends, unless it says the same, or does not say.
    [Theory]
    [InlineData("the same", null)]
    [InlineData("wrong", "certificate-tlsa-mismatch")]
    [InlineData("none", "certificate-tlsa-missing")]
    [InlineData("bogus TLSA", null)]
    public async Task RecordsRunOut_StreamIsJudgedAgain(string later, string? reason)
    {
        await using var scene = Start(Required);
        Show(scene, scene.Authority, usage: 3);
        scene.Publish("p1.example", Port);
        await using var component = await scene.ComponentAsync();
        await using var peer = await scene.ComesAsync();
        var asked = scene.Names.Asked($"_{Port}._tcp.{Host}", DnsType.TLSA);
        scene.Withdraw();
        if (later is "the same")
            scene.Vouch("p1.example", Port, 3, 1, 1, scene.Shown["p1.example"]);
        else if (later is "wrong")
            scene.Vouch("p1.example", Port, 3, 1, 1, scene.Authority.Root);
        else if (later is "bogus TLSA")
            scene.Names.Bogus($"_{Port}._tcp.{Host}");
        scene.Publish("p1.example", Port);

        scene.Time.Advance(TimeSpan.FromSeconds(54)); // a minute is up at the tick behind it
        Assert.Equal(asked, scene.Names.Asked($"_{Port}._tcp.{Host}", DnsType.TLSA));
        scene.Time.Advance(TimeSpan.FromSeconds(6)); // and no further: the question's own time runs by this clock
        await scene.UntilAsync(() => scene.Names.Asked($"_{Port}._tcp.{Host}", DnsType.TLSA) > asked, "another question");

        if (reason is null)
        {
            if (later is "bogus TLSA")
                await scene.UntilAsync(() => scene.Has(TlsaUnavailable), "what the log says");
            await peer.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 1));
            await component.WaitForAsync("message[@id='1']");
            return;
        }

        await peer.ExpectStreamErrorAsync("reset");
        await scene.EndedAsync(reason);
    }

    [Fact]
    public async Task PolicyChanges_RecordsCountNoMore_TheStreamEnds()
    {
        await using var scene = Start(Allowed);
        Show(scene, scene.Authority, usage: 3);
        scene.Publish("p1.example", Port);
        await using var peer = await scene.ComesAsync();

        await scene.Node.PublishAsync(EdgeScene.Policy(With(DaneUse.Off), TrustScene.P2));

        await peer.ExpectStreamErrorAsync("reset");
        await scene.ExpectRefusedAsync("certificate-untrusted");
    }
}
