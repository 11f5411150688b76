using System.Globalization;
using EdgePool.Edge.Partners;
using EdgePool.Policy.Partners;
using Xunit;

namespace EdgePool.Edge.Tests.Partners;

// CERT-22: what is remembered of keys, and what is worth an alarm.
public sealed class PeerKeysTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private readonly PeerKeys keys = new();

    // Keys are letters; a digit behind one is its issuer. Seen in this order, each gives this alarm or none.
    [Theory]
    [InlineData("A", "-", "A")]
    [InlineData("A A A", "- - -", "A")]
    [InlineData("A B", "- KeyChanged", "B A")]
    [InlineData("A B A B", "- KeyChanged - -", "B A")]
    [InlineData("A1 A2", "- IssuerChanged", "A2")]
    [InlineData("A1 A2 A1", "- IssuerChanged IssuerChanged", "A1")]
    [InlineData("A1 B2", "- KeyChanged", "B2 A1")]
    [InlineData("A B C D E F G H", "- KeyChanged KeyChanged KeyChanged KeyChanged KeyChanged KeyChanged KeyChanged", "H G F E D C B A")]
    [InlineData("A B C D E F G H I", "- KeyChanged KeyChanged KeyChanged KeyChanged KeyChanged KeyChanged KeyChanged KeyChanged", "I H G F E D C B")]
    public void See_ChangesTaken(string seen, string alarms, string remembered) => Check(seen, alarms, remembered, refuse: false);

    [Theory]
    [InlineData("A A", "- -", "A")]
    [InlineData("A B A", "- KeyRefused -", "A")]
    [InlineData("A B B C", "- KeyRefused KeyRefused KeyRefused", "A")]
    [InlineData("A1 A2", "- IssuerChanged", "A2")]
    public void See_ChangesRefused(string seen, string alarms, string remembered) => Check(seen, alarms, remembered, refuse: true);

    [Fact]
    public void See_AlarmNamesBothAndTheStateKeepsIt()
    {
        See("p1.example", 'A', "first", minutes: 0);
        var alarm = See("p1.example", 'B', "second", minutes: 5)!;
        See("p1.example", 'B', "second", minutes: 7);

        Assert.Equal(new PeerKeyAlarm(Start.AddMinutes(5), PeerKeyAlarmKind.KeyChanged, Hash('A'), "first", Hash('B'), "second"), alarm);
        var state = keys.Read("p1.example")!;
        Assert.Equal((1, alarm), (state.Alarms, state.LastAlarm));
        Assert.Equal((Start.AddMinutes(5), Start.AddMinutes(7)), (state.Keys[0].FirstSeen, state.Keys[0].LastSeen));
        Assert.Equal((Start, Start), (state.Keys[1].FirstSeen, state.Keys[1].LastSeen));
    }

    [Fact]
    public void Read_EachDomainByItself()
    {
        See("p1.example", 'A', "x", 0);

        Assert.Null(See("p2.example", 'B', "x", 0));
        Assert.Null(keys.Read("p3.example"));
    }

    [Fact]
    public void Forget_TheNextKeyIsTheFirst()
    {
        See("p1.example", 'A', "x", 0);

        Assert.True(keys.Forget("p1.example"));
        Assert.False(keys.Forget("p1.example"));
        Assert.Null(See("p1.example", 'B', "x", 0));
    }

    // Who was seen least lately makes room; strangers have a table of their own.
    [Theory]
    [InlineData(false, PeerKeys.MostDomains)]
    [InlineData(true, PeerKeys.MostStrangers)]
    public void See_BeyondTheMostDomains_TheOldestIsForgotten(bool stranger, int most)
    {
        See("canary.example", 'A', "x", 0, !stranger);
        for (var i = 0; i < most; i++)
            See(Name(i), 'A', "x", 0, stranger);
        See(Name(0), 'A', "x", 0, stranger);
        Assert.NotNull(keys.Read(Name(1)));

        See(Name(most), 'A', "x", 0, stranger);

        Assert.Null(keys.Read(Name(1)));
        Assert.NotNull(keys.Read(Name(0)));
        Assert.NotNull(keys.Read(Name(most)));
        Assert.NotNull(keys.Read("canary.example"));
    }

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"d{number}.example");

    private void Check(string seen, string alarms, string remembered, bool refuse)
    {
        var raised = seen.Split(' ').Select(word => keys.See("p1.example", stranger: false, Key(word[0], word[1..], 0), refuse)?.Kind.ToString() ?? "-");

        Assert.Equal(alarms, string.Join(' ', raised));
        Assert.Equal(remembered.Split(' ').Select(word => (Hash(word[0]), word[1..])), keys.Read("p1.example")!.Keys.Select(k => (k.Key, k.Issuer)));
    }

    private PeerKeyAlarm? See(string domain, char key, string issuer, int minutes, bool stranger = false)
        => keys.See(domain, stranger, Key(key, issuer, minutes), refuseChanges: false);

    private static PeerKey Key(char key, string issuer, int minutes) => new(Hash(key), issuer, Start.AddDays(90), Start.AddMinutes(minutes), Start.AddMinutes(minutes));

    private static KeyHash Hash(char key)
    {
        Assert.True(KeyHash.TryParse(Convert.ToBase64String([.. Enumerable.Repeat((byte)key, 32)]), out var hash));
        return hash;
    }
}
