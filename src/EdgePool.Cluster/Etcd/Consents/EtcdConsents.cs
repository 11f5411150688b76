using System.Runtime.CompilerServices;
using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Etcd.Calls;
using EdgePool.Cluster.Etcd.Messages;
using EdgePool.Cluster.Etcd.Spaces;
using Google.Protobuf;

namespace EdgePool.Cluster.Etcd.Consents;

/// <summary>Consents in etcd, one key of each (<see cref="ConsentKeys"/>). A partner's consents are found by reading all.</summary>
internal sealed class EtcdConsents(EtcdClient client, EtcdStoreOptions options, TimeProvider time)
{
    // Keys and values of some hundred bytes, at most five thousand.
    private const int Page = 2048;

    private const int Attempts = 32;

    // Revocations that a batch forgets beyond what it adds.
    private const int Forgotten = 16;

    private readonly ConsentKeys keys = new(options.Etcd.Prefix);
    private readonly Space space = new(client, new ConsentKeys(options.Etcd.Prefix).Space, TimeProvider.System, options.Schema);
    private readonly WaitingLine line = new(options.MaxWaiting);

    public async IAsyncEnumerable<Consent> ReadAllAsync(string? partner, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await SettledAsync(cancellationToken);
        var rest = KeyRange.Under(keys.AllGiven);
        Consent? last = null;
        while (await NextAsync(rest, cancellationToken) is { Kvs: { Count: > 0 } page } read)
        {
            foreach (var kv in page)
            {
                last = Read(kv, last);
                if (partner is null || partner.Equals(last.Partner, StringComparison.Ordinal))
                {
                    yield return last;
                }
            }

            if (!read.More)
            {
                yield break;
            }

            rest = rest with { Begin = KeyReading.After(page[^1].Key) };
        }
    }

    /// <summary>True: what is here was carried over from an embedded store, all or a part of it, and nobody has changed it since; or there is nothing yet.</summary>
    public async Task<bool> IsAsCarriedAsync(CancellationToken cancellationToken)
        => await SettledAsync(cancellationToken) is var head && head.Value.Revision == head.Value.Carried;

    /// <summary>See <see cref="IFollowedConsents"/>.</summary>
    public async IAsyncEnumerable<IReadOnlyList<ConsentChange>?> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var head = KeyRange.One(space.HeadKey);
        while (true)
        {
            var from = (await client.RangeAsync(new RangeRequest { Key = head.Begin }, cancellationToken)).Header.Revision + 1;
            yield return null;
            await using var watch = client.WatchAsync(keys.Changing, from, cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (await watch.NextAsync())
            {
                if (watch.Current.Events.Select(keys.Read).OfType<ConsentChange>().ToArray() is { Length: > 0 } changes)
                {
                    yield return changes;
                }
            }
        }
    }

    /// <param name="changes">The batch.</param>
    /// <param name="ownership">See <see cref="IOwnedConsents"/>; empty: nobody owns anything.</param>
    /// <param name="isCarried">True: it carries over an embedded store.</param>
    /// <param name="cancellationToken">Gives up waiting for the turn.</param>
    public async Task<Refusal?> AppendAsync(IReadOnlyList<ConsentChange> changes, IReadOnlyList<Condition> ownership, bool isCarried, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ownership.Count, IOwnedConsents.MostKeys, nameof(ownership));
        if (ConsentBatch.Judge(changes, options.Limits) is { } refusal)
        {
            return refusal;
        }

        using var turn = await line.TakeAsync(cancellationToken);
        if (turn is null)
        {
            return new Refusal(RefusalReason.Busy, "too many writes wait for etcd");
        }

        return changes.Count == 0 ? null : await MakeAsync(ConsentBatch.LastOfEach(changes), ownership, isCarried);
    }

    private async Task<Refusal?> MakeAsync(Dictionary<(string Local, string Remote), ConsentChange> last, IReadOnlyList<Condition> ownership, bool isCarried)
    {
        var conditions = ownership.Select(owned => EtcdCoordinator.CreatedAt(options.Etcd, owned)).ToArray();
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            // Whoever writes between these readings and the commit changes the head, and the commit is not made.
            var head = await SettledAsync(CancellationToken.None);
            if (attempt > 0 && await FencedAsync(ownership, conditions) is { } fenced)
            {
                return fenced;
            }

            var before = await ReadAsync(last.Keys);
            var plan = ConsentPlan.Of(last, pair => before[pair]);
            if (plan.Changes.Count == 0)
            {
                return plan.Outcome;
            }

            var partners = await PartnersAsync(plan.GrowthOfPartners());
            if (plan.Growth > 0 && head.Value.Count + plan.Growth > options.Limits.MaxConsents)
            {
                return ConsentBatch.Full(options.Limits);
            }

            if (partners.FirstOrDefault(p => p.Value.Grows && p.Value.Count > options.Limits.MaxConsentsOfPartner) is { Key: { } full })
            {
                return ConsentBatch.PartnerFull(full, options.Limits);
            }

            var revoked = head.Value.Deleted + plan.GrowthOfRevoked;
            var old = await OldAsync(plan, revoked);
            var next = head.Value.Clone();
            next.Writers.Clear();
            (next.Revision, next.Count, next.Deleted) = (head.Value.Revision + 1, head.Value.Count + plan.Growth, revoked - old.Count);
            next.Carried = isCarried ? next.Revision : head.Value.Carried;
            IEnumerable<RequestOp> counts = partners.Select(p => Space.Put(keys.Partner(p.Key), new PartnerConsents { Count = p.Value.Count }));
            if (await space.CommitAsync(head, next, [.. plan.Changes.SelectMany(Operations), .. counts, .. old.SelectMany(Forget)], conditions))
            {
                return plan.Outcome;
            }
        }

        return new Refusal(RefusalReason.Busy, "other nodes write all the time: try again");
    }

    private IEnumerable<RequestOp> Operations((string Local, string Remote, PairState Before, PairState After) change)
    {
        var (pair, before, after) = ((change.Local, change.Remote), change.Before, change.After);
        if (after.Standing is { } consent)
        {
            yield return Space.Put(keys.Given(pair), Record(consent));
        }
        else if (before.Standing is not null)
        {
            yield return Space.Delete(keys.Given(pair));
        }

        if (after.Revoked is { } at)
        {
            yield return Space.Put(keys.Gone(pair), new RevokedRecord { At = at.ToUnixTimeMilliseconds() });
            yield return Space.Put(keys.Oldest(pair, at), new RevokedRecord());
        }
        else if (before.Revoked is not null)
        {
            yield return Space.Delete(keys.Gone(pair));
        }

        if (before.Revoked is { } former && (after.Revoked is not { } now || !string.Equals(keys.Oldest(pair, now), keys.Oldest(pair, former), StringComparison.Ordinal)))
        {
            yield return Space.Delete(keys.Oldest(pair, former));
        }
    }

    private IEnumerable<RequestOp> Forget(ByteString oldest) => [new RequestOp { RequestDeleteRange = new DeleteRangeRequest { Key = oldest } }, Space.Delete(keys.Gone(keys.PairOfOldest(oldest)))];

    // What is older than is remembered, and of the rest the oldest where they are too many; a few with each batch that adds some.
    private async Task<IReadOnlyList<ByteString>> OldAsync(ConsentPlan plan, long revoked)
    {
        if (plan.GrowthOfRevoked <= 0)
        {
            return [];
        }

        var tooMany = Math.Max(0, revoked - options.Limits.MaxRevocations);
        var range = keys.OldestBefore(tooMany > 0 ? DateTimeOffset.MaxValue : time.GetUtcNow() - options.Limits.RevocationTime);
        var request = new RangeRequest { Key = range.Begin, RangeEnd = range.End, KeysOnly = true, Limit = Math.Max(tooMany, Forgotten + plan.GrowthOfRevoked) };
        var pairs = plan.Changes.Select(static c => (c.Local, c.Remote)).ToHashSet();
        var oldest = (await client.RangeAsync(request, CancellationToken.None)).Kvs.Select(static kv => kv.Key).Where(key => !pairs.Contains(keys.PairOfOldest(key)));
        return [.. tooMany > 0 ? oldest.Take((int)tooMany) : oldest];
    }

    private async Task<Refusal?> FencedAsync(IReadOnlyList<Condition> ownership, Compare[] conditions)
    {
        if (ownership.Count == 0)
        {
            return null;
        }

        var request = new TxnRequest { Compare = { conditions } };
        return (await client.TxnAsync(request, mayRepeat: true, CancellationToken.None)).Succeeded ? null : ConsentBatch.FencedOff(ownership[0]);
    }

    private async Task<Dictionary<(string Local, string Remote), PairState>> ReadAsync(Dictionary<(string Local, string Remote), ConsentChange>.KeyCollection pairs)
    {
        var states = new Dictionary<(string Local, string Remote), PairState>(pairs.Count);
        foreach (var some in pairs.Chunk(Space.MaxOperations / 2))
        {
            var ask = new TxnRequest { Success = { some.SelectMany(pair => new[] { Reading(keys.Given(pair)), Reading(keys.Gone(pair)) }) } };
            var answers = (await client.TxnAsync(ask, mayRepeat: true, CancellationToken.None)).Responses;
            for (var i = 0; i < some.Length; i++)
            {
                states[some[i]] = new PairState(
                    answers[2 * i].ResponseRange.Kvs is [var given] ? ConsentKeys.Consent(some[i], ConsentRecord.Parser.ParseFrom(given.Value)) : null,
                    answers[(2 * i) + 1].ResponseRange.Kvs is [var gone] ? ConsentKeys.At(RevokedRecord.Parser.ParseFrom(gone.Value)) : null);
            }
        }

        return states;
    }

    // How many consents the partners of a batch have after it.
    private async Task<Dictionary<string, (long Count, bool Grows)>> PartnersAsync(IReadOnlyDictionary<string, int> growth)
    {
        var counts = new Dictionary<string, (long Count, bool Grows)>(growth.Count, StringComparer.Ordinal);
        foreach (var some in growth.Chunk(Space.MaxOperations))
        {
            var ask = new TxnRequest { Success = { some.Select(partner => Reading(keys.Partner(partner.Key))) } };
            var answers = (await client.TxnAsync(ask, mayRepeat: true, CancellationToken.None)).Responses;
            for (var i = 0; i < some.Length; i++)
            {
                var before = answers[i].ResponseRange.Kvs is [var kv] ? PartnerConsents.Parser.ParseFrom(kv.Value).Count : 0;
                counts[some[i].Key] = (Math.Max(0, before + some[i].Value), some[i].Value > 0);
            }
        }

        return counts;
    }

    private static RequestOp Reading(string key) => new() { RequestRange = new RangeRequest { Key = ByteString.CopyFromUtf8(key) } };

    // With nothing staged.
    private async Task<SpaceHead> SettledAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var head = await space.ReadAsync(cancellationToken);
            if (!head.IsStaged)
            {
                return head;
            }

            await space.SettleAsync(head);
        }
    }

    // Each page as of now: what stands all the time is in one of them.
    private Task<RangeResponse> NextAsync(KeyRange rest, CancellationToken cancellationToken)
        => client.RangeAsync(new RangeRequest { Key = rest.Begin, RangeEnd = rest.End, Limit = Page }, cancellationToken);

    private Consent Read(KeyValue kv, Consent? before)
    {
        var consent = ((ConsentChange.Given)keys.Read(new Event { Kv = kv })!).Consent;

        // Neighbours share their user and often their partner: one string for both.
        return consent with { Local = Shared(consent.Local, before?.Local), Partner = Shared(consent.Partner, before?.Partner) };
    }

    private static ConsentRecord Record(Consent consent) => new() { Partner = consent.Partner, Since = consent.Since.ToUnixTimeMilliseconds() };

    private static string Shared(string text, string? other) => text.Equals(other, StringComparison.Ordinal) ? other : text;
}
