using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using EdgePool.Edge.Telemetry;
using EdgePool.Server.Demo.Display;
using EdgePool.Server.Demo.Load;

namespace EdgePool.Server.Demo.Pool;

/// <summary>The node that was killed.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shards">The shards that it owned.</param>
/// <param name="Ledger">Its account at its end.</param>
/// <param name="Noticed">From the kill until every other node had it out of its view; null: not in time.</param>
/// <param name="Owned">Until every shard had an owner again.</param>
/// <param name="Flowing">Until the traffic of its partner flowed again, by another node.</param>
internal sealed record KilledNode(string Name, int Shards, LedgerSnapshot Ledger, TimeSpan? Noticed, TimeSpan? Owned, TimeSpan? Flowing);

/// <summary>What the demo of a pool came to, read when all has ended.</summary>
/// <param name="Killed">The node that was killed.</param>
/// <param name="Others">The accounts of the others, which left in order.</param>
/// <param name="Flows">The flows; the first went through the killed node, and by another one afterwards.</param>
/// <param name="Elapsed">From the first request to the last answer.</param>
internal sealed record PoolDemoResult(KilledNode Killed, IReadOnlyList<LedgerSnapshot> Others, IReadOnlyList<PairedFlow> Flows, TimeSpan Elapsed)
{
    /// <summary>Sent through nodes that lived, and never answered.</summary>
    public long Lost => Flows.Sum(flow => flow.Unanswered + flow.Errors) + Flows.Skip(1).Sum(flow => flow.GaveUp);

    /// <summary>In the hands of the killed node when it died.</summary>
    public long DiedWithIt => Flows[0].GaveUp;

    public long Duplicated => All.Sum(flow => flow.Duplicated);

    public long Misordered => All.Sum(flow => flow.Misordered);

    public long Damaged => All.Sum(flow => flow.Damaged);

    /// <summary>The account of the pool: the sum over its nodes, the dead one's among them.</summary>
    public (long Accepted, long Delivered, long Bounced, long Dropped, long InFlight) Account
        => (Sum(l => l.Accepted), Sum(l => l.Delivered), Sum(l => l.Bounced), Sum(l => l.Dropped), Sum(l => l.InFlight));

    /// <summary>Accepted = delivered + bounced + dropped + in flight at every node, and nothing in flight where nobody died.</summary>
    public bool Balances => Others.All(ledger => ledger is { Balances: true, InFlight: 0 }) && Account is var a && a.Accepted == a.Delivered + a.Bounced + a.Dropped + a.InFlight;

    /// <summary>The pool was whole again, the traffic went on, and of what went through living nodes nothing was lost.</summary>
    public bool IsGood => Balances && Killed is { Noticed: not null, Owned: not null, Flowing: not null } && Lost == 0 && Duplicated == 0 && Misordered == 0 && Damaged == 0;

    private IEnumerable<NumberedFlow> All => Flows.SelectMany(flow => new[] { flow.Requests, flow.Answers });

    private double PerSecond => Elapsed > TimeSpan.Zero ? All.Sum(flow => flow.Received) / Elapsed.TotalSeconds : 0;

    /// <summary>One line, without its end.</summary>
    public string ToJson()
    {
        var (buffer, account) = (new ArrayBufferWriter<byte>(512), Account);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("nodes", Others.Count + 1);
            json.WriteString("killed", Killed.Name);
            json.WriteNumber("shardsOfKilled", Killed.Shards);
            Milliseconds(json, "noticedMillis", Killed.Noticed);
            Milliseconds(json, "ownedAgainMillis", Killed.Owned);
            Milliseconds(json, "flowingAgainMillis", Killed.Flowing);
            json.WriteNumber("diedWithKilled", DiedWithIt);
            json.WriteNumber("accepted", account.Accepted);
            json.WriteNumber("delivered", account.Delivered);
            json.WriteNumber("bounced", account.Bounced);
            json.WriteNumber("dropped", account.Dropped);
            json.WriteNumber("inFlightOfKilled", Killed.Ledger.InFlight);
            json.WriteBoolean("balances", Balances);
            json.WriteNumber("lost", Lost);
            json.WriteNumber("duplicated", Duplicated);
            json.WriteNumber("misordered", Misordered);
            json.WriteNumber("damaged", Damaged);
            json.WriteNumber("seconds", Math.Round(Elapsed.TotalSeconds, 3));
            json.WriteNumber("stanzasPerSecond", Math.Round(PerSecond, 1));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>What was shown, in words.</summary>
    public void Write(TextWriter target)
    {
        var account = Account;
        target.WriteLine();
        target.WriteLine(IsGood ? "Shown:" : "NOT SHOWN, see the figures:");
        target.WriteLine($"  {Figures.Count(All.Sum(flow => flow.Received))} messages went through a pool of {Others.Count + 1} nodes in {Figures.Time(Elapsed)}, {Figures.Count(PerSecond)} a second. {Killed.Name} was killed in mid-traffic.");
        target.WriteLine($"  The others knew after {Text(Killed.Noticed)}; its {Killed.Shards} shards had owners again after {Text(Killed.Owned)}; its partner's traffic flowed again after {Text(Killed.Flowing)}.");
        target.WriteLine($"  In its hands were {Figures.Count(DiedWithIt)} messages without an answer: its partner's server saw the stream break, and no server in this demo acknowledges stanzas (XEP-0198).");
        target.WriteLine($"  Through the other nodes: {Figures.Count(Lost)} lost; over all: {Figures.Count(Duplicated)} doubled, {Figures.Count(Misordered)} out of order, {Figures.Count(Damaged)} damaged.");
        target.WriteLine($"  The ledger over the pool {(Balances ? "balances" : "DOES NOT BALANCE")}: accepted {Figures.Count(account.Accepted)} = delivered {Figures.Count(account.Delivered)}"
            + $" + bounced {Figures.Count(account.Bounced)} + dropped {Figures.Count(account.Dropped)} + in flight {Figures.Count(account.InFlight)}, which died with {Killed.Name}.");
        target.WriteLine();
        target.WriteLine("Next:");
        target.WriteLine("  edgepool demo --nodes 3 --duration 20s --json   the same for scripts");
        target.WriteLine("  cluster-config/pool                             a pool of your own, on etcd");
    }

    private static string Text(TimeSpan? took) => took is { } span ? string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.00} s") : "MORE TIME THAN THERE WAS";

    private static void Milliseconds(Utf8JsonWriter json, string name, TimeSpan? took)
    {
        if (took is { } span)
        {
            json.WriteNumber(name, Math.Round(span.TotalMilliseconds));
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private long Sum(Func<LedgerSnapshot, long> of) => Others.Sum(of) + of(Killed.Ledger);
}
