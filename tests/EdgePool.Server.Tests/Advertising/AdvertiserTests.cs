using System.Net;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Elections;
using EdgePool.Cluster.Membership;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;
using EdgePool.Dns.Updating;
using EdgePool.Edge.Advertising;
using EdgePool.Policy.Topologies;
using EdgePool.Server.Advertising;
using EdgePool.Server.Tests.Pool;
using EdgePool.Testing.Logging;
using EdgePool.Testing.Time;
using Xunit;

namespace EdgePool.Server.Tests.Advertising;

/// <summary>The elected advertiser on virtual time: who it is, what it tells, and when it publishes.</summary>
public sealed class AdvertiserTests : IDisposable
{
    private static readonly IPEndPoint Primary = new(IPAddress.Loopback, 53);

    private readonly EventCollector logs = new();
    private readonly List<(string Node, TimeSpan At)> surveys = [];
    private readonly List<(string Node, bool Send, TimeSpan At)> publications = [];
    private Topology? topology = Compiled(1);
    private bool isAsItShould = true;
    private Publication publication = new(PublicationEnd.AsItShould, Primary, new UpdatePlan([], []));

    private static Publication Differs(PublicationEnd end, string? problem = null)
        => new(end, Primary, new UpdatePlan([new RecordSetChange(DnsName.Parse("edge.contoso.example"), DnsType.A, [], [])], []), problem);

    public void Dispose() => logs.Dispose();

    /// <summary>One node looks, every five minutes; the others hear what it found; who takes its place is another one as soon as it is gone.</summary>
    [Fact]
    public void Advertiser_OfThreeNodes_IsOneAndThenAnother() => VirtualThread.Run(async thread =>
    {
        await using var store = new LocalCoordinator(thread.Time);
        await using var a = new Seat(this, store, "a", thread);
        await using var b = new Seat(this, store, "b", thread);
        await using var c = new Seat(this, store, "c", thread);
        await thread.UntilAsync(() => a.Heard is { Checked: not null } && b.Heard is { Checked: not null } && c.Heard is { Checked: not null });
        var first = a.Heard!.Node;
        Assert.Equal([first, first], [b.Heard!.Node, c.Heard!.Node]);

        await thread.PassAsync(TimeSpan.FromMinutes(11));
        Assert.Equal([first], surveys.Select(survey => survey.Node).Distinct());
        Assert.InRange(surveys.Count, 3, 3);

        var seats = new[] { a, b, c };
        var gone = seats.Single(seat => seat.Name == first);
        await gone.DisposeAsync();
        await thread.UntilAsync(() => seats.Where(seat => seat != gone).All(seat => seat.Heard is { Checked: not null } heard && heard.Node != first));

        Assert.Equal(2, logs.Events.Count(e => e.Id.Id == 3600));
    });

    [Fact]
    public void Advertiser_ThatDrains_GivesTheOfficeUp() => VirtualThread.Run(async thread =>
    {
        await using var store = new LocalCoordinator(thread.Time);
        await using var a = new Seat(this, store, "a", thread);
        await thread.UntilAsync(() => a.Heard is { Checked: not null });
        await using var b = new Seat(this, store, "b", thread);

        a.Member.Describe(record => record with { Draining = true });

        await thread.UntilAsync(() => b.Heard is { Node: "b", Checked: not null });
    });

    /// <summary>What is wrong is told to all, logged once, and so is that it is mended; nothing is published unless the topology says so.</summary>
    [Fact]
    public void Check_DnsThatDiffers_WarnsOnceAndEnds() => VirtualThread.Run(async thread =>
    {
        isAsItShould = false;
        await using var store = new LocalCoordinator(thread.Time);
        await using var a = new Seat(this, store, "a", thread, key: true);
        await using var b = new Seat(this, store, "b", thread, key: true);

        await thread.PassAsync(TimeSpan.FromMinutes(12));
        Assert.Contains("192.0.2.53 (authoritative): _xmpp-server._tcp.contoso.example SRV: 10 0 5269 edge.contoso.example. is missing — ", a.Heard!.Problems[0], StringComparison.Ordinal);
        Assert.Equal(a.Heard.Problems, b.Heard!.Problems);
        Assert.Equal(a.Heard.Problems.Count, logs.Events.Count(e => e.Id.Id == 3601));

        isAsItShould = true;
        await thread.UntilAsync(() => a.Heard!.Problems.Count == 0 && b.Heard!.Problems.Count == 0);

        Assert.Single(logs.Events, e => e.Id.Id == 3602);
        Assert.Empty(publications);
    });

    [Fact]
    public void Advertise_Off_NobodyLooks() => VirtualThread.Run(async thread =>
    {
        topology = Compiled(1, "'advertise': 'off'");
        await using var store = new LocalCoordinator(thread.Time);
        await using var a = new Seat(this, store, "a", thread, key: true);

        await thread.PassAsync(TimeSpan.FromMinutes(11));

        Assert.Null(a.Heard);
        Assert.Empty(surveys);
    });

    /// <summary>Only who has a key stands where the records are to be published.</summary>
    [Fact]
    public void Publish_OfNodesWithAndWithoutAKey_IsByTheOneThatHasIt() => VirtualThread.Run(async thread =>
    {
        topology = Compiled(1, "'advertise': 'publish'");
        publication = Differs(PublicationEnd.Made);
        await using var store = new LocalCoordinator(thread.Time);
        await using var a = new Seat(this, store, "a", thread);
        await thread.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Null(a.Heard);
        Assert.False(a.Serves);

        await using var b = new Seat(this, store, "b", thread, key: true);
        await thread.UntilAsync(() => a.Heard is { Node: "b", Publishes: true, Problems.Count: 0, Checked: not null });

        Assert.Equal([("b", true)], publications.Select(one => (one.Node, one.Send)));
        Assert.Empty(surveys); // what resolvers keep is judged when it may be gone
        publication = new Publication(PublicationEnd.AsItShould, Primary, new UpdatePlan([], []));
        await thread.UntilAsync(() => surveys.Count == 1);
        Assert.InRange(surveys[0].At - publications[0].At, TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(2.5));
    });

    /// <summary>Who is changed back each time does not fight: 1 minute, 2, 4 … lie between two updates, and never more than an hour; a new version is published at once.</summary>
    [Fact]
    public void Publish_ThatIsUndoneEachTime_BacksOff() => VirtualThread.Run(async thread =>
    {
        topology = Compiled(1, "'advertise': 'publish', 'checkEvery': '10s'");
        publication = Differs(PublicationEnd.Refused, "the primary refused");
        await using var store = new LocalCoordinator(thread.Time);
        await using var a = new Seat(this, store, "a", thread, key: true);

        await thread.PassAsync(TimeSpan.FromMinutes(130));
        var sent = publications.Where(one => one.Send).Select(one => one.At.TotalMinutes).ToList();
        Assert.Equal([1, 2, 4, 8, 16, 32, 60], sent.Zip(sent.Skip(1), (one, next) => (int)Math.Round(next - one)));
        Assert.Contains("the primary refused", a.Heard!.Problems[0], StringComparison.Ordinal);

        topology = Compiled(2, "'advertise': 'publish', 'checkEvery': '10s'");
        await thread.UntilAsync(() => a.Heard is { Version: 2 });

        Assert.Equal(sent.Count + 1, publications.Count(one => one.Send));
    });

    [Fact]
    public void Publish_RecordsOfOthers_AreToldAndLeft() => VirtualThread.Run(async thread =>
    {
        topology = Compiled(1, "'advertise': 'publish'");
        publication = new Publication(PublicationEnd.Conflict, Primary, new UpdatePlan([], []), "nothing was changed, as records of others stand in the place of ours");
        await using var store = new LocalCoordinator(thread.Time);
        await using var a = new Seat(this, store, "a", thread, key: true);

        await thread.UntilAsync(() => a.Heard is { Problems.Count: 1 });

        Assert.Equal("contoso.example: nothing was changed, as records of others stand in the place of ours", a.Heard!.Problems[0]);
        Assert.Single(surveys);
    });

    /// <summary>While the store is away nobody is told anything, and what was heard stands.</summary>
    [Fact]
    public void StoreAway_WhatWasHeardStands_AndItGoesOnAfterwards() => VirtualThread.Run(async thread =>
    {
        await using var store = new LocalCoordinator(thread.Time);
        await using var a = new Seat(this, store, "a", thread);
        await thread.UntilAsync(() => a.Heard is { Checked: not null });
        var before = a.Heard;
        store.Away = true;

        await thread.PassAsync(TimeSpan.FromMinutes(7));
        Assert.Equal(before!.Checked, a.Heard!.Checked);
        store.Away = false;

        await thread.UntilAsync(() => a.Heard is { Checked: { } at } && at > before.Checked);
    });

    [Fact]
    public void Report_OfThousandsOfProblems_FitsAKey()
    {
        var report = AdvertiserReport.Of("node", 1, DateTimeOffset.UnixEpoch, publishes: false, [.. Enumerable.Repeat(new string('\u00fc', 5_000), 3_000)]);

        Assert.Equal((AdvertiserReport.MostProblems, 3_000 - AdvertiserReport.MostProblems), (report.Problems.Count, report.More));
        Assert.True(report.ToBytes().Length < CoordinationLimits.MaxValueBytes, $"{report.ToBytes().Length}");
        Assert.Equal(report.Problems, AdvertiserReport.Read(report.ToBytes())!.Problems);
        Assert.Null(AdvertiserReport.Read("nothing"u8));
    }

    private static Topology Compiled(long version, string dns = "'advertise': 'warn'") => FormerTopologies.Compiled(version, $$"""
        {'dns': {'ttl': '2m', {{dns}}, 'zones': [{'name': 'contoso.example', 'primary': '127.0.0.1'}]},
         'sites': [{'name': 's', 'federationRoute': ['p']}],
         'pools': [{'name': 'p', 'site': 's', 'host': 'edge.contoso.example', 'addresses': ['203.0.113.1'], 'priority': 10}],
         'domains': [{'name': 'contoso.example', 'site': 's', 'backEnds': ['p']}]}
        """.Replace('\'', '"'))!;

    private Task<IReadOnlyList<ServerView>> SurveyAsync(string node, TimeSpan at, ZoneRecords zone)
    {
        surveys.Add((node, at));
        var records = zone.Records.ToLookup(record => (record.Name, record.Type));
        var answers = RecordCheck.Asked(zone.Records).ToDictionary(question => question, question => isAsItShould && records.Contains(question)
            ? new DnsAnswer { Outcome = DnsOutcome.Records, Records = [.. records[question]], CanonicalName = question.Name }
            : new DnsAnswer { Outcome = DnsOutcome.NoData, CanonicalName = question.Name });
        return Task.FromResult<IReadOnlyList<ServerView>>([new ServerView("192.0.2.53 (authoritative)", answers)]);
    }

    /// <summary>A node as far as its advertiser goes.</summary>
    private sealed class Seat : IAsyncDisposable
    {
        private readonly CancellationTokenSource stopping = new();
        private readonly Member member;
        private readonly Advertiser advertiser;
        private readonly Task running;
        private bool disposed;

        public Seat(AdvertiserTests tests, LocalCoordinator store, string name, VirtualThread thread, bool key = false)
        {
            Name = name;
            var logger = tests.logs.CreateLogger("EdgePool.Advertising");
            member = new Member(store, new NodeRecord(name, "pool", name, "1", ""), new MembershipOptions { KeepAlive = TimeSpan.FromSeconds(2) }, thread.Time, new Random(1));
            var work = new AdvertiserWork(
                () => tests.topology,
                _ => Task.FromResult<IReadOnlyList<Topology>>([]),
                (zone, _) => tests.SurveyAsync(name, thread.Time.Elapsed, zone),
                key ? (_, _, send, _) =>
                {
                    tests.publications.Add((name, send, thread.Time.Elapsed));
                    return Task.FromResult(send || tests.publication.End is PublicationEnd.AsItShould or PublicationEnd.Conflict ? tests.publication : tests.publication with { End = PublicationEnd.Planned, Problem = null });
                } : null,
                () => member.Record.Draining);
            advertiser = new Advertiser(new Election(store, member, Advertiser.Key), name, work, thread.Time, logger);
            running = Task.WhenAll(member.RunAsync(stopping.Token), advertiser.RunAsync(stopping.Token));
        }

        public string Name { get; }

        public Member Member => member;

        public AdvertiserReport? Heard => advertiser.Heard;

        public bool Serves => advertiser.Serves;

        /// <summary>On this thread: the clock does not run ahead of it.</summary>
        private void Stop() => stopping.Cancel();

        public async ValueTask DisposeAsync()
        {
            if (!disposed)
            {
                disposed = true;
                Stop();
                await running;
                stopping.Dispose();
            }
        }
    }
}
