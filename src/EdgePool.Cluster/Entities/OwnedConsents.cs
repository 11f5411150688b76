using System.Globalization;
using System.Text;
using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Peers;
using EdgePool.Cluster.Sharding;
using Google.Protobuf;

namespace EdgePool.Cluster.Entities;

/// <summary>
/// The consents of a pool, each written by the owner of the contact's domain: an owner writes under its fencing tokens, and every other node asks it to. What a former owner still
/// writes is refused. An owner that is out of reach is <see cref="RefusalReason.Unavailable"/>: whoever asked keeps the changes, and asks again.
/// </summary>
/// <remarks>
/// A change may reach its owner late: its question was given up, and others have gone on. So each counts by its own moment only, as one that waited; made again, it does no harm.
/// The changes of a batch that have different owners are made one after the other: where a later part is refused, an earlier one may have been made. A consent for which its partner has no room left is revoked in the journal, so that whoever gave it hears so.
/// </remarks>
public sealed class OwnedConsents : IConsentJournal, IFollowedConsents
{
    private const byte Version = 1;
    private const byte Done = 0;
    private const int LongestReason = 512;

    private readonly IOwnedConsents journal;
    private readonly ShardKeeper keeper;
    private readonly string pool;
    private readonly string node;
    private volatile IPeerNetwork? peers;

    /// <param name="journal">Where the pool's consents are.</param>
    /// <param name="keeper">Who owns what.</param>
    /// <param name="pool">The pool's name.</param>
    /// <param name="node">This node's name.</param>
    public OwnedConsents(IOwnedConsents journal, ShardKeeper keeper, string pool, string node)
    {
        ArgumentNullException.ThrowIfNull(journal);
        ArgumentNullException.ThrowIfNull(keeper);
        (this.journal, this.keeper, this.pool, this.node) = (journal, keeper, pool, node);
    }

    /// <summary>The way to the other nodes; its questions of the kind <see cref="QuestionKind.Consent"/> are answered from now on. Before, every owner is out of reach.</summary>
    public void Attach(IPeerNetwork network)
    {
        ArgumentNullException.ThrowIfNull(network);
        network.Answer(QuestionKind.Consent, AnswerAsync);
        peers = network;
    }

    /// <summary>The shard whose owner writes the consents of a contact: that of its domain.</summary>
    /// <param name="remote">The bare JID of the contact, canonical.</param>
    public static int ShardOf(string remote)
    {
        ArgumentNullException.ThrowIfNull(remote);
        return Placement.ShardOf(remote[(remote.IndexOf('@', StringComparison.Ordinal) + 1)..]);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Consent> ReadAllAsync(string? partner, CancellationToken cancellationToken) => journal.ReadAllAsync(partner, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<IReadOnlyList<ConsentChange>?> FollowConsentsAsync(CancellationToken cancellationToken)
        => ((IFollowedConsents)journal).FollowConsentsAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<Refusal?> AppendAsync(IReadOnlyList<ConsentChange> changes, CancellationToken cancellationToken)
    {
        if (ConsentBatch.Judge(changes, StoreLimits.Default) is { } wrong)
        {
            return wrong;
        }

        var owners = keeper.Map.Owners;
        var late = changes.Select(static change => change with { Waited = true });
        Refusal? older = null;
        foreach (var owned in late.GroupBy(ShardOf).GroupBy(shard => owners.TryGetValue(shard.Key, out var owner) ? owner.Node : null, StringComparer.Ordinal))
        {
            foreach (var shards in owned.Chunk(IOwnedConsents.MostKeys))
            {
                var refusal = await AppendAsync(owned.Key, [.. shards.SelectMany(static shard => shard)], cancellationToken);
                if (refusal is not null and not { Reason: RefusalReason.Older })
                {
                    return refusal;
                }

                older ??= refusal;
            }
        }

        return older;
    }

    private static int ShardOf(ConsentChange change) => ShardOf(ConsentBatch.Pair(change).Remote);

    private async ValueTask<Refusal?> AppendAsync(string? owner, ConsentChange[] changes, CancellationToken cancellationToken)
    {
        var refusal = owner is null ? new Refusal(RefusalReason.Unavailable, "nobody owns the consents of a domain at this moment")
            : string.Equals(owner, node, StringComparison.Ordinal) ? await WriteAsync(changes, cancellationToken)
            : await AskAsync(owner, changes, cancellationToken);
        if (refusal is not { Reason: RefusalReason.PartnerFull or RefusalReason.TooLarge })
        {
            return refusal;
        }

        if (changes.Length > 1)
        {
            var half = changes.Length / 2;
            var first = await AppendAsync(owner, changes[..half], cancellationToken);
            return first is null or { Reason: RefusalReason.Older } ? await AppendAsync(owner, changes[half..], cancellationToken) ?? first : first;
        }

        return changes is [ConsentChange.Given(var full)]
            ? await AppendAsync(owner, [new ConsentChange.Revoked(full.Local, full.Remote, full.Since) { Waited = true }], cancellationToken)
            : refusal;
    }

    /// <summary>Writes as the owner.</summary>
    private async ValueTask<Refusal?> WriteAsync(ConsentChange[] changes, CancellationToken cancellationToken)
    {
        var ownership = new List<Condition>();
        foreach (var shard in changes.Select(ShardOf).Distinct())
        {
            if (keeper.TokenOf(shard) is not { } token)
            {
                return new Refusal(RefusalReason.Fenced, string.Create(CultureInfo.InvariantCulture, $"node {node} does not own shard {shard}"));
            }

            ownership.Add(Condition.CreatedAt(ShardMap.KeyOf(pool, shard), token));
        }

        return ownership.Count > IOwnedConsents.MostKeys
            ? new Refusal(RefusalReason.TooLarge, $"the changes belong to more than {IOwnedConsents.MostKeys} shards")
            : await journal.AppendAsync(changes, ownership, cancellationToken);
    }

    private async ValueTask<Refusal?> AskAsync(string owner, ConsentChange[] changes, CancellationToken cancellationToken)
    {
        byte[] question = [Version, .. ConsentCodec.Write(changes)];
        if (question.Length > IPeerNetwork.Longest)
        {
            return new Refusal(RefusalReason.TooLarge, $"a question has at most {IPeerNetwork.Longest} bytes");
        }

        if (peers is not { } network)
        {
            return new Refusal(RefusalReason.Unavailable, $"there is no way to the owner, node {owner}, yet");
        }

        try
        {
            return Read((await network.AskAsync(owner, QuestionKind.Consent, question, cancellationToken)).Span, owner);
        }
        catch (Exception fault) when (fault is PeerException or ObjectDisposedException)
        {
            return new Refusal(RefusalReason.Unavailable, $"the owner, node {owner}, does not answer: {fault.Message}");
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> AnswerAsync(string from, ReadOnlyMemory<byte> question, CancellationToken cancellationToken)
    {
        if (question.Span is not [Version, ..])
        {
            return Write(new Refusal(RefusalReason.Unavailable, $"node {node} does not read this question"));
        }

        try
        {
            return Write(await WriteAsync(ConsentCodec.Read(question.Span[1..]), cancellationToken));
        }
        catch (InvalidProtocolBufferException)
        {
            return Write(new Refusal(RefusalReason.Invalid, $"node {node} does not read these consents"));
        }
    }

    // Version, 0 or one more than the reason, and the text.
    private static byte[] Write(Refusal? refusal)
    {
        if (refusal is null)
        {
            return [Version, Done];
        }

        var text = Encoding.UTF8.GetBytes(refusal.Message);
        return [Version, (byte)((int)refusal.Reason + 1), .. text.AsSpan(0, Math.Min(text.Length, LongestReason))];
    }

    private static Refusal? Read(ReadOnlySpan<byte> answer, string owner) => answer switch
    {
        [Version, Done] => null,
        [Version, var reason and not Done, .. var text] when Enum.IsDefined((RefusalReason)(reason - 1)) => new Refusal((RefusalReason)(reason - 1), Encoding.UTF8.GetString(text)),
        _ => new Refusal(RefusalReason.Unavailable, $"the owner, node {owner}, answers in a way that this program does not read"),
    };
}
