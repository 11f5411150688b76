using EdgePool.Cluster.Entities;
using EdgePool.Cluster.Sharding;

namespace EdgePool.Testing.Pool;

/// <summary>The share books of a pool's nodes and the one that owns all its shards, without the network between them: a report is answered when a test says so.</summary>
public sealed class BooksOfAPool
{
    private readonly TimeProvider time;
    private readonly List<string> nodes = [];
    private readonly Dictionary<string, ShareBook> books = new(StringComparer.Ordinal);
    private Roster roster = Roster.Empty;
    private ShareOwner owner;
    private long token;

    public BooksOfAPool(TimeProvider time, params string[] names)
    {
        this.time = time;
        owner = new ShareOwner(time);
        foreach (var name in names)
            Join(name);
        HandOver();
    }

    public ShareBook this[string node] => books[node];

    /// <summary>A node joins, or joins anew; others hear of it.</summary>
    public void Join(string node)
    {
        books.TryAdd(node, new ShareBook(node, time));
        if (!nodes.Contains(node))
            nodes.Add(node);

        roster = new Roster(roster.Revision + 1, roster.Leases.SetItem(node, roster.Revision + 1));
    }

    /// <summary>A node is gone; others hear of it.</summary>
    public void Leave(string node)
    {
        nodes.Remove(node);
        roster = new Roster(roster.Revision + 1, roster.Leases.Remove(node));
    }

    /// <summary>Another node owns the shards now, and knows nothing.</summary>
    public void HandOver()
    {
        owner = new ShareOwner(time);
        token = roster.Revision + 1;
        roster = roster with { Revision = token };
    }

    /// <summary>Each node reports and is answered, so many times.</summary>
    public void Rounds(int rounds = 4)
    {
        for (; rounds > 0; rounds--)
        {
            foreach (var node in nodes)
                Report(node)();
        }
    }

    /// <summary>A node reports and is answered; the answer arrives when the test runs it.</summary>
    public Action Report(string node)
    {
        var book = books[node];
        book.See(roster, roster.Leases.GetValueOrDefault(node));
        book.Measure();
        owner.See(roster);
        var report = ShareCodec.ReadReport(ShareCodec.Write(book.Report(Enumerable.Range(0, Placement.Shards).ToDictionary(static s => s, _ => token))))!;
        var answer = ShareCodec.Write(owner.Hear(node, report, _ => token));
        return () =>
        {
            if (ShareCodec.ReadAnswer(answer) is { } read)
                book.Take(report, read);
        };
    }
}
