using System.Buffers.Binary;
using System.Collections;
using System.Text;
using EdgePool.Cluster.Sharding;

namespace EdgePool.Cluster.Entities;

/// <summary>
/// Reports and answers as nodes send them: numbers are 8 bytes, little-endian; shards, and before texts and lists their length, are 2. The first byte is the
/// version: to what another program writes otherwise, this one answers which version it reads, and a node whose owner says so keeps its fair share.
/// </summary>
internal static class ShareCodec
{
    /// <summary>Nodes of a pool, budgets, and pairs in trouble, that a message may name of each.</summary>
    public const int Most = 4096;

    /// <summary>What this program writes and reads.</summary>
    public const byte Version = 3;

    private const byte NoAnswer = 0;
    private const byte TooLong = 1;
    private const byte OtherVersion = byte.MaxValue;
    private const int ShardBytes = Placement.Shards / 8;

    public static byte[] Write(ShareReport report)
    {
        var text = new Writer();
        text.Byte(Version);
        text.Number(report.Lease);
        text.Number(report.Sequence);
        text.Number(report.Nodes.Revision);
        text.Count(report.Nodes.Leases.Count);
        foreach (var (node, lease) in report.Nodes.Leases)
        {
            text.Text(node);
            text.Number(lease);
        }

        text.Count(report.Shards.Count);
        foreach (var (shard, token) in report.Shards)
        {
            text.Count(shard);
            text.Number(token);
        }

        text.Count(report.Holdings.Count);
        foreach (var holding in report.Holdings)
        {
            text.Key(holding.Key);
            text.Number(holding.Whole);
            text.Number(holding.InForce);
            text.Byte(holding.Told ? (byte)1 : (byte)0);
            text.Number(holding.Demand);
            text.Number(holding.Held);
            text.Number(holding.Unconfirmed);
        }

        text.Count(report.Troubles.Count);
        foreach (var trouble in report.Troubles)
        {
            text.Pair(trouble.Pair);
            text.Number(trouble.Failures);
            text.Number(trouble.NextIn);
            text.Byte((byte)((trouble.Waiting ? 1 : 0) | (trouble.Probing ? 2 : 0)));
            text.Number(trouble.Episode);
        }

        return text.ToArray();
    }

    public static byte[] Write(ShareAnswer? answer)
    {
        var text = new Writer();
        if (answer is null)
        {
            text.Byte(NoAnswer);
            return text.ToArray();
        }

        text.Byte(Version);
        text.Shards(answer.Shards);
        text.Count(answer.Grants.Count);
        foreach (var grant in answer.Grants)
        {
            text.Key(grant.Key);
            text.Number(grant.Whole);
            text.Number(grant.Share ?? -1);
            text.Number(grant.Keep ?? -1);
        }

        text.Count(answer.Advices.Count);
        foreach (var advice in answer.Advices)
        {
            text.Pair(advice.Pair);
            text.Number(advice.Failures);
            text.Number(advice.NextIn);
            text.Byte(advice.Probing ? (byte)1 : (byte)0);
            text.Number(advice.Episode);
        }

        return text.ToArray();
    }

    /// <summary>What stands for an answer that is longer than a message may be: the node is to ask for fewer shards at once.</summary>
    public static byte[] TooLongAnswer => [TooLong];

    /// <summary>It is <see cref="TooLongAnswer"/>.</summary>
    public static bool IsTooLong(ReadOnlySpan<byte> message) => message is [TooLong];

    /// <summary>What stands for an answer to a report of another version.</summary>
    public static byte[] OtherVersionAnswer => [OtherVersion, Version];

    /// <summary>The version in which the other node speaks, where it is not this program's; null: it is.</summary>
    public static byte? OtherVersionOf(ReadOnlySpan<byte> message) => message switch
    {
        [OtherVersion, var theirs] => theirs,
        [NoAnswer or TooLong or Version, ..] or [] => null,
        [var theirs, ..] => theirs,
    };

    /// <summary>Null: not a report that this program reads.</summary>
    public static ShareReport? ReadReport(ReadOnlySpan<byte> message)
    {
        var reader = new Reader(message);
        if (reader.Byte() != Version)
        {
            return null;
        }

        var (lease, sequence, revision) = (reader.Number(), reader.Number(), reader.Number());
        var nodes = Roster.Empty.Leases.ToBuilder();
        for (var left = reader.Count(); left > 0 && !reader.Failed; left--)
        {
            nodes[reader.Text()] = reader.Number();
        }

        var shards = new Dictionary<int, long>();
        for (var left = reader.Count(); left > 0 && !reader.Failed; left--)
        {
            var shard = reader.Count();
            reader.Demand(shard < Placement.Shards);
            shards[shard] = reader.Number();
        }

        var holdings = new List<Holding>();
        for (var left = reader.Count(); left > 0 && !reader.Failed; left--)
        {
            var holding = new Holding(reader.Key(), reader.Amount(), reader.Amount(), reader.Byte() == 1, reader.Amount(), reader.Amount(), reader.Amount());
            reader.Demand(shards.ContainsKey(holding.Key.Shard) && holding.Unconfirmed <= holding.Held);
            holdings.Add(holding);
        }

        var troubles = new Dictionary<OutboundPair, Trouble>();
        for (var left = reader.Count(); left > 0 && !reader.Failed; left--)
        {
            var (pair, failures, nextIn, flags, episode) = (reader.Pair(), reader.Failures(), reader.Wait(), reader.Byte(), reader.Number());
            reader.Demand(shards.ContainsKey(pair.Shard) && flags <= 3);
            reader.Demand(troubles.TryAdd(pair, new Trouble(pair, failures, nextIn, (flags & 1) != 0, (flags & 2) != 0, episode)));
        }

        return reader.IsAtEnd ? new ShareReport(lease, sequence, new Roster(revision, nodes.ToImmutable()), shards, holdings) { Troubles = [.. troubles.Values] } : null;
    }

    /// <summary>Null: the owner has not answered, or not in a way that this program reads.</summary>
    public static ShareAnswer? ReadAnswer(ReadOnlySpan<byte> message)
    {
        var reader = new Reader(message);
        if (reader.Byte() != Version)
        {
            return null;
        }

        var shards = reader.Shards();
        var grants = new List<Grant>();
        for (var left = reader.Count(); left > 0 && !reader.Failed; left--)
        {
            grants.Add(new Grant(reader.Key(), reader.Amount(), reader.AmountOrNull(), reader.AmountOrNull()));
        }

        var advices = new Dictionary<OutboundPair, Advice>();
        for (var left = reader.Count(); left > 0 && !reader.Failed; left--)
        {
            var (pair, failures, nextIn, probing, episode) = (reader.Pair(), reader.Failures(), reader.Wait(), reader.Byte() == 1, reader.Number());
            reader.Demand(advices.TryAdd(pair, new Advice(pair, failures, nextIn, probing, episode)));
        }

        return reader.IsAtEnd ? new ShareAnswer(shards, grants) { Advices = [.. advices.Values] } : null;
    }

    private sealed class Writer
    {
        private readonly MemoryStream written = new();

        public void Byte(byte value) => written.WriteByte(value);

        public void Number(long value)
        {
            Span<byte> octets = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(octets, value);
            written.Write(octets);
        }

        public void Count(int value)
        {
            Span<byte> octets = stackalloc byte[2];
            BinaryPrimitives.WriteUInt16LittleEndian(octets, checked((ushort)value));
            written.Write(octets);
        }

        public void Text(string value)
        {
            var octets = Encoding.UTF8.GetBytes(value);
            Count(octets.Length);
            written.Write(octets);
        }

        public void Key(BudgetKey key)
        {
            Byte((byte)key.Kind);
            Text(key.Holder);
        }

        public void Pair(OutboundPair pair)
        {
            Text(pair.Local);
            Text(pair.Remote);
        }

        public void Shards(BitArray shards)
        {
            var octets = new byte[ShardBytes];
            shards.CopyTo(octets, 0);
            written.Write(octets);
        }

        public byte[] ToArray() => written.ToArray();
    }

    /// <summary>Reads what another node wrote; after the first fault everything is nothing.</summary>
    private ref struct Reader(ReadOnlySpan<byte> message)
    {
        private ReadOnlySpan<byte> rest = message;

        public bool Failed { get; private set; }

        public readonly bool IsAtEnd => !Failed && rest.IsEmpty;

        public void Demand(bool holds) => Failed |= !holds;

        public byte Byte() => Take(1) is { IsEmpty: false } octets ? octets[0] : (byte)0;

        public long Number() => Take(8) is { IsEmpty: false } octets ? BinaryPrimitives.ReadInt64LittleEndian(octets) : 0;

        public long Amount()
        {
            var amount = Number();
            Demand(amount is >= 0 and <= int.MaxValue);
            return Failed ? 0 : amount;
        }

        /// <summary>Null: -1.</summary>
        public long? AmountOrNull()
        {
            var amount = Number();
            Demand(amount is >= -1 and <= int.MaxValue);
            return Failed || amount < 0 ? null : amount;
        }

        public int Count()
        {
            var count = Take(2) is { IsEmpty: false } octets ? BinaryPrimitives.ReadUInt16LittleEndian(octets) : 0;
            Demand(count <= Most);
            return Failed ? 0 : count;
        }

        public string Text() => Encoding.UTF8.GetString(Take(Count()));

        public BudgetKey Key()
        {
            var kind = (BudgetKind)Byte();
            var holder = Text();
            Demand(kind is >= BudgetKind.Streams and <= BudgetKind.BytesOut && holder.Length <= BudgetKey.LongestHolder);
            return new BudgetKey(holder, kind);
        }

        public OutboundPair Pair()
        {
            var (local, remote) = (Text(), Text());
            Demand(local.Length <= BudgetKey.LongestHolder && remote.Length <= BudgetKey.LongestHolder);
            return new OutboundPair(local, remote);
        }

        public int Failures()
        {
            var failures = Number();
            Demand(failures is >= 0 and <= Troubles.MostFailures);
            return Failed ? 0 : (int)failures;
        }

        public long Wait()
        {
            var wait = Number();
            Demand(wait >= 0 && wait <= Troubles.LongestWait.TotalMilliseconds);
            return Failed ? 0 : wait;
        }

        public BitArray Shards() => Take(ShardBytes) is { IsEmpty: false } octets ? new BitArray(octets.ToArray()) : new BitArray(Placement.Shards);

        private ReadOnlySpan<byte> Take(int length)
        {
            Demand(length <= rest.Length);
            if (Failed)
            {
                return default;
            }

            var taken = rest[..length];
            rest = rest[length..];
            return taken;
        }
    }
}
