using EdgePool.Cluster.Documents;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Tests.Partners;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Certificates;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

// CERT-22 over a restart: a key that changed while the node was down is noticed all the same.
public sealed class PeerKeyRestartTests : IDisposable
{
    private readonly FakeKnownPeers journal = new();
    private readonly TestCertificateAuthority authority = new("Partner's root");

    public void Dispose() => authority.Dispose();

    [Fact]
    public async Task CERT22_SameKeyAfterARestart_NoAlarm()
    {
        var shown = authority.Issue("p1.example").Certificate;
        foreach (var _ in new[] { "before", "after" })
        {
            await using var scene = await StartAsync();
            scene.Shown["p1.example"] = shown;
            await using var peer = await scene.ComesAsync();
            await scene.UntilAsync(() => journal.Known.Count == 1, "a key in the journal");
            Assert.DoesNotContain(scene.Logs.Events, e => e.Id.Id is >= 3300 and <= 3303);
        }
    }

    [Fact]
    public async Task CERT22_AnotherKeyAfterARestart_AlarmNamesBoth()
    {
        var (before, after) = (authority.Issue("p1.example").Certificate, authority.Issue("p1.example").Certificate);
        await ShowAsync(before);

        await using var scene = await StartAsync();
        scene.Shown["p1.example"] = after;
        await using var peer = await scene.ComesAsync();

        var alarm = Assert.Single(scene.Logs.Events, e => e.Id.Id == 3300);
        Assert.Equal((KeyHash.Of(after).Text, KeyHash.Of(before).Text), (alarm.Values["Shown"], alarm.Values["Before"]));
        Assert.Equal(1, Assert.Single(scene.Logs.Events, e => e.Id.Id == 3310).Values["Domains"]);
        await scene.UntilAsync(() => scene.Node.PeerKeyJournal is { Pending: 0 }, "a journal that has it all");
        Assert.Equal((2, PeerKeyAlarmKind.KeyChanged), PeerKeyText.Read(Assert.Single(journal.Known)).State is var kept ? (kept.Keys.Count, kept.LastAlarm!.Kind) : default);
    }

    [Fact]
    public async Task CERT22_ChangesRefused_AnotherKeyAfterARestartProvesNothingUntilItIsForgotten()
    {
        var careful = new WrittenTrust { FirstUse = true, OnChange = KeyChange.Refuse };
        await ShowAsync(authority.Issue("p1.example").Certificate, careful);

        await using (var scene = await StartAsync(careful))
        {
            scene.Shown["p1.example"] = authority.Issue("p1.example").Certificate;
            await scene.ExpectRefusedAsync("certificate-key-changed");
            Assert.True(scene.Node.PeerKeys.Forget("p1.example"));
            await scene.UntilAsync(() => journal.Known.Count == 0, "an empty journal");
        }

        await ShowAsync(authority.Issue("p1.example").Certificate, careful);
    }

    [Fact]
    public async Task JournalThatFails_IsToldInTheLogAndInTheState()
    {
        journal.Refuses = new Refusal(RefusalReason.Full, "the disk is full");
        await using var scene = await StartAsync();
        scene.Shown["p1.example"] = authority.Issue("p1.example").Certificate;
        await using var peer = await scene.ComesAsync();

        await scene.UntilAsync(() => scene.Has(3311), "the alarm");
        Assert.True(scene.Node.PeerKeyJournal is { Pending: 1, FailingSince: not null, Failure: "the disk is full" });
        journal.Refuses = null;
        await scene.UntilAsync(() => journal.Known.Count == 1, "a key in the journal", TimeSpan.FromMilliseconds(500));
    }

    /// <summary>A life of the node in which p1.example shows this.</summary>
    private async Task ShowAsync(System.Security.Cryptography.X509Certificates.X509Certificate2 certificate, WrittenTrust? trust = null)
    {
        await using var scene = await StartAsync(trust);
        scene.Shown["p1.example"] = certificate;
        await using var peer = await scene.ComesAsync();
        await scene.UntilAsync(() => journal.Known.Count == 1, "a key in the journal");
    }

    private Task<EdgeScene> StartAsync(WrittenTrust? trust = null)
        => EdgeScene.StartAsync(journal, TrustScene.P1 with { Trust = new TrustAnchors(System: false, [authority.Root]), TrustText = trust ?? TrustScene.P1.TrustText }, TrustScene.P2);
}
