using System.Globalization;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.KnownPeers;
using EdgePool.Edge.Partners;
using EdgePool.Policy.Partners;
using Xunit;

namespace EdgePool.Edge.Tests.Partners;

// CERT-22: what the keys that are remembered have for their journal, and what becomes of it in the next process.
public sealed class PeerKeyJournalTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeKnownPeers journal = new();
    private readonly PeerKeys keys = new() { Changed = static () => { } };

    [Fact]
    public void Restored_KeysAlarmsAndWhoIsAStranger_AsTheyWere()
    {
        See("p1.example", 'A', 0);
        See("p1.example", 'B', 5);
        keys.Refuse("p2.example", stranger: false, new PeerKeyAlarm(Start, PeerKeyAlarmKind.PinMismatch, Hash('C'), "", Shown: null, "CN=ä\\u{7}"));
        See("p3.example", 'A', 0, stranger: true);
        Write();

        var next = Next();

        foreach (var domain in (string[])["p1.example", "p2.example", "p3.example"])
        {
            var (before, after) = (keys.Read(domain)!, next.Read(domain)!);
            Assert.Equal((before.Domain, before.Alarms, before.LastAlarm), (after.Domain, after.Alarms, after.LastAlarm));
            Assert.Equal(before.Keys, after.Keys);
        }

        Assert.Equal(PeerKeyAlarmKind.KeyChanged, next.See("p3.example", stranger: true, Key('B', 9), refuseChanges: false)?.Kind);
    }

    // What a stream adds to a known key is when it was seen: worth a write an hour, and one at each stage of the certificate's end.
    [Theory]
    [InlineData(0, 59, false)]
    [InlineData(0, 60, true)]
    [InlineData((60 * 24 * 60) - 1, 1, false)]
    [InlineData(60 * 24 * 60, 1, true)]
    public void KeySeenOnceMore_IsWrittenOnceAnHour(int first, int later, bool written)
    {
        See("p1.example", 'A', first);
        Write();

        See("p1.example", 'A', first + later);

        Assert.Equal(written ? 1 : 0, Write());
    }

    [Fact]
    public void Forgotten_IsGoneFromTheJournalToo()
    {
        See("p1.example", 'A', 0);
        Assert.True(keys.Forget("p1.example"));
        Assert.Equal(0, Write());
        See("p1.example", 'A', 0);
        Assert.Equal(1, Write());

        Assert.True(keys.Forget("p1.example"));

        Assert.Equal(1, Write());
        Assert.Empty(journal.Known);
    }

    // A batch that fails is given again as it was, whatever happens meanwhile.
    [Fact]
    public void Batch_ThatFails_IsTheSameAgainAndWhatFollowsComesBehindIt()
    {
        See("p1.example", 'A', 0);
        var first = Unwritten.Oldest(10);
        keys.Forget("p1.example");
        See("p2.example", 'A', 0);

        Assert.Same(first, Unwritten.Oldest(10));
        Assert.Equal(3, Unwritten.Pending);
        Unwritten.Written(first.Count);

        Assert.Equal([("p1.example", true), ("p2.example", false)], Unwritten.Oldest(10).Select(change => (change.Domain, change.Body is null)));
    }

    // Strangers come and go without end, and the journal takes nothing: what waits is bounded by the table and by what the journal has.
    [Fact]
    public void Pending_WithAJournalThatFails_IsBounded()
    {
        for (var i = 0; i < PeerKeys.MostStrangers; i++)
            See(Name(i), 'A', 0, stranger: true);
        Write();

        for (var i = 0; i < 5 * PeerKeys.MostStrangers; i++)
            See(Name(100_000 + i), 'A', 1, stranger: true);

        Assert.Equal(2 * PeerKeys.MostStrangers, Unwritten.Pending);
        Write();
        Assert.Equal(PeerKeys.MostStrangers, journal.Known.Count);
    }

    // More than there is room for, as after a limit was lowered: who was seen least lately goes, from the journal too.
    [Fact]
    public void Restored_BeyondTheMostDomains_TheOldestIsForgotten()
    {
        for (var i = 0; i <= PeerKeys.MostStrangers; i++)
            journal.Take(new KnownPeerChange(Name(i), PeerKeyText.Write(new PeerKeyState(Name(i), [Key('A', i == 7 ? 0 : i + 1)], 0, LastAlarm: null), stranger: true)));

        var next = Next();

        Assert.Equal(PeerKeys.MostStrangers, next.Count);
        Assert.Null(next.Read(Name(7)));
        Assert.Equal(new KnownPeerChange(Name(7), Body: null), Assert.Single(((IUnwritten<KnownPeerChange>)next).Oldest(10)));
    }

    // Who becomes a partner keeps the keys that it showed as a stranger: its first key as a partner is no first use.
    [Fact]
    public void Stranger_WhoBecomesAPartner_IsRemembered()
    {
        See("p1.example", 'A', 0, stranger: true);

        Assert.Equal(PeerKeyAlarmKind.KeyChanged, See("p1.example", 'B', 1)?.Kind);
        Assert.Equal(1, keys.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"stranger":false,"keys":[{"key":"no hash","issuer":"","expires":"2026-11-21T12:00:00Z","firstSeen":"2026-11-21T12:00:00Z","lastSeen":"2026-11-21T12:00:00Z"}],"alarms":0,"lastAlarm":null}""")]
    [InlineData("""{"stranger":false,"keys":null,"alarms":0,"lastAlarm":null}""")]
    [InlineData("""{"stranger":false,"keys":[null],"alarms":0,"lastAlarm":null}""")]
    [InlineData("""{"stranger":false,"keys":[],"alarms":0,"lastAlarm":{"at":"2026-11-21T12:00:00Z","kind":"other","before":null,"issuerBefore":"","shown":null,"issuerShown":""}}""")]
    public void Body_ThatCannotBeRead_IsAFaultThatNamesTheDomain(string body)
    {
        var fault = Assert.Throws<StoreException>(() => PeerKeyText.Read(new KnownPeer("p1.example", body)));

        Assert.Equal(StoreFault.Corrupt, fault.Fault);
        Assert.Contains("p1.example", fault.Message, StringComparison.Ordinal);
    }

    private IUnwritten<KnownPeerChange> Unwritten => keys;

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"d{number}.example");

    private int Write()
    {
        var written = 0;
        while (Unwritten.Oldest(1_000) is { Count: > 0 } batch)
        {
            foreach (var change in batch)
                journal.Take(change);
            Unwritten.Written(batch.Count);
            written += batch.Count;
        }

        return written;
    }

    private PeerKeys Next()
    {
        var next = new PeerKeys { Changed = static () => { } };
        next.Restore(journal.Known.Select(PeerKeyText.Read).OrderBy(peer => peer.State.LastSeen));
        return next;
    }

    private PeerKeyAlarm? See(string domain, char key, int minutes, bool stranger = false) => keys.See(domain, stranger, Key(key, minutes), refuseChanges: false);

    private static PeerKey Key(char key, int minutes) => new(Hash(key), "CN=x", Start.AddDays(90), Start.AddMinutes(minutes), Start.AddMinutes(minutes));

    private static KeyHash Hash(char key)
    {
        Assert.True(KeyHash.TryParse(Convert.ToBase64String([.. Enumerable.Repeat((byte)key, 32)]), out var hash));
        return hash;
    }
}
