using System.Runtime.CompilerServices;
using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Etcd.Calls;
using EdgePool.Cluster.Etcd.Messages;
using EdgePool.Cluster.Etcd.Spaces;
using Google.Protobuf;

namespace EdgePool.Cluster.Etcd.Consents;

/// <summary>Consents in etcd, one key of each: <c>consents/given/LOCAL\0REMOTE</c>. A partner's consents are found by reading all.</summary>
internal sealed class EtcdConsents(EtcdClient client, EtcdStoreOptions options)
{
    // Keys and values of some hundred bytes, at most five thousand.
    private const int Page = 2048;

    private const int Attempts = 32;

    private readonly string given = options.Etcd.Prefix + "consents/given/";
    private readonly Space space = new(client, options.Etcd.Prefix + "consents/", TimeProvider.System);
    private readonly WaitingLine line = new(options.MaxWaiting);

    public async IAsyncEnumerable<Consent> ReadAllAsync(string? partner, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await SettledAsync(cancellationToken);
        var rest = KeyRange.Under(given);
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

    public Task<Refusal?> AppendAsync(IReadOnlyList<ConsentChange> changes, CancellationToken cancellationToken) => AppendAsync(changes, isCarried: false, cancellationToken);

    /// <param name="changes">The batch.</param>
    /// <param name="isCarried">True: it carries over an embedded store.</param>
    /// <param name="cancellationToken">Gives up waiting for the turn.</param>
    public async Task<Refusal?> AppendAsync(IReadOnlyList<ConsentChange> changes, bool isCarried, CancellationToken cancellationToken)
    {
        if (ConsentBatch.Judge(changes, options.Limits) is { } refusal)
        {
            return refusal;
        }

        using var turn = await line.TakeAsync(cancellationToken);
        if (turn is null)
        {
            return new Refusal(RefusalReason.Busy, "too many writes wait for etcd");
        }

        // What counts of each pair is its last change.
        var last = new Dictionary<string, ConsentChange>(changes.Count, StringComparer.Ordinal);
        foreach (var change in changes)
        {
            last[KeyOf(ConsentBatch.Pair(change))] = change;
        }

        return last.Count == 0 ? null : await MakeAsync(last, isCarried);
    }

    private async Task<Refusal?> MakeAsync(Dictionary<string, ConsentChange> last, bool isCarried)
    {
        var operations = last.Select(static pair => pair.Value is ConsentChange.Given(var consent) ? Space.Put(pair.Key, Record(consent)) : Space.Delete(pair.Key)).ToArray();
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            // Whoever writes between these readings and the commit changes the head, and the commit is not made.
            var head = await SettledAsync(CancellationToken.None);
            var count = head.Value.Count + last.Values.Count(static change => change is ConsentChange.Given) - await StandingAsync(last.Keys);
            if (count > options.Limits.MaxConsents && count > head.Value.Count)
            {
                return new Refusal(RefusalReason.Full, $"the journal holds at most {options.Limits.MaxConsents} consents");
            }

            var revision = head.Value.Revision + 1;
            if (await space.CommitAsync(head, new Head { Revision = revision, Count = count, Carried = isCarried ? revision : head.Value.Carried }, operations))
            {
                return null;
            }
        }

        return new Refusal(RefusalReason.Busy, "other nodes write all the time: try again");
    }

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

    private async Task<int> StandingAsync(IEnumerable<string> pairs)
    {
        var standing = 0;
        foreach (var some in pairs.Chunk(Space.MaxOperations))
        {
            var ask = new TxnRequest
            {
                Success = { some.Select(static pair => new RequestOp { RequestRange = new RangeRequest { Key = ByteString.CopyFromUtf8(pair), KeysOnly = true } }) },
            };
            standing += (await client.TxnAsync(ask, mayRepeat: true, CancellationToken.None)).Responses.Sum(static r => r.ResponseRange.Kvs.Count);
        }

        return standing;
    }

    // Each page as of now: what stands all the time is in one of them.
    private Task<RangeResponse> NextAsync(KeyRange rest, CancellationToken cancellationToken)
        => client.RangeAsync(new RangeRequest { Key = rest.Begin, RangeEnd = rest.End, Limit = Page }, cancellationToken);

    private string KeyOf((string Local, string Remote) pair) => $"{given}{pair.Local}\0{pair.Remote}";

    private Consent Read(KeyValue kv, Consent? before)
    {
        var name = kv.Key.ToStringUtf8();
        var end = name.IndexOf('\0', given.Length);
        var record = ConsentRecord.Parser.ParseFrom(kv.Value);

        // Neighbours share their user and often their partner: one string for both.
        return new Consent(
            Shared(name[given.Length..end], before?.Local), name[(end + 1)..], Shared(record.Partner, before?.Partner), DateTimeOffset.FromUnixTimeMilliseconds(record.Since));
    }

    private static ConsentRecord Record(Consent consent) => new() { Partner = consent.Partner, Since = consent.Since.ToUnixTimeMilliseconds() };

    private static string Shared(string text, string? other) => text.Equals(other, StringComparison.Ordinal) ? other : text;
}
