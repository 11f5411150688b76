using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using EdgePool.Cluster.Etcd.Calls;
using EdgePool.Cluster.Etcd.Messages;
using Google.Protobuf;

namespace EdgePool.Cluster.Etcd.Spaces;

/// <summary>
/// Keys that change together, in batches of any size, each of them whole or not at all; although etcd takes 128 operations and 1.5 MiB at a time.
/// <para>
/// Every batch rewrites the head, on the condition that nobody has since it was read: batches follow one another. A batch that fits is one transaction. One that does not is
/// first <em>staged</em>: written in parts under <c>staged/</c>, where nobody looks. The transaction that then rewrites the head makes it valid, with all its parts, at one
/// revision; after it, the parts are brought to where they belong, and the head is rewritten again without them. Whoever finds a head with staged parts, because
/// their writer is slow or dead, brings them there before he writes; whoever only reads may look through them.
/// </para>
/// <para>
/// All that a batch leaves behind when it fails are staged parts; the next batch that succeeds takes them away. A batch whose parts are taken away has no
/// chance any more, because the head was rewritten by the same transaction.
/// </para>
/// <para>
/// An answer that is lost does not leave its batch in doubt: each has a number, and the head lists the last of them. Only when etcd stays away does the doubt stay.
/// </para>
/// </summary>
/// <param name="client">etcd.</param>
/// <param name="prefix">Of all keys of the space; ends with a slash.</param>
/// <param name="time">The clock of pauses.</param>
/// <param name="schema">The format that is written here: where a newer one was, nothing is.</param>
internal sealed class Space(EtcdClient client, string prefix, TimeProvider time, int schema)
{
    /// <summary>Operations of one transaction, beside the head's and the staged parts'. etcd takes 128 as it ships.</summary>
    public const int MaxOperations = 120;

    /// <summary>Bytes of a transaction's operations, and of a staged part, unless a single operation is larger. etcd takes 1.5 MiB as it ships.</summary>
    public const int MaxBytes = 1024 * 1024;

    private const int Attempts = 3;
    private const int WritersListed = 64;
    private const int PartsAtATime = 8;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>The head's key.</summary>
    public string HeadKey { get; } = prefix + "head";

    private string Staged { get; } = prefix + "staged/";

    /// <summary>The head as it is: no batch that was acknowledged before is missing.</summary>
    public async Task<SpaceHead> ReadAsync(CancellationToken cancellationToken)
    {
        var range = KeyRange.One(HeadKey);
        var read = await client.RangeAsync(new RangeRequest { Key = range.Begin }, cancellationToken);
        return read.Kvs.Count > 0 ? SpaceHead.Of(read.Kvs[0]) : SpaceHead.None;
    }

    /// <summary>Makes a batch. It is not to be interrupted.</summary>
    /// <param name="seen">What the batch is based on; with nothing staged.</param>
    /// <param name="next">The head as it will be; this method completes it.</param>
    /// <param name="operations">Puts and deletes, no key twice. Making them again has no further effect.</param>
    /// <param name="conditions">What else must hold at the moment in which the batch is made.</param>
    /// <returns>False: somebody else has written since, or a condition does not hold, and nothing is changed.</returns>
    /// <exception cref="EtcdException">See its outcome.</exception>
    public async Task<bool> CommitAsync(SpaceHead seen, Head next, IReadOnlyList<RequestOp> operations, params IReadOnlyList<Compare> conditions)
    {
        if (seen.Value.Schema > schema)
        {
            throw new EtcdException(
                GrpcCode.OutOfRange, "a newer EdgePool has written here, so this node takes no edits: edit at a node of that version, or bring this one to it", Outcome.NotDone);
        }

        var writer = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        next.Schema = schema;
        next.Writers.Add(writer);
        next.Writers.AddRange(seen.Value.Writers.Take(WritersListed - 1));
        if (Groups(operations).Take(2).Count() < 2)
        {
            return await RewriteAsync(seen, next, writer, [.. operations, DeleteUnder(Staged)], conditions);
        }

        next.Staged = await StageAsync(writer, operations);
        if (!await RewriteAsync(seen, next, writer, [], conditions))
        {
            await client.TxnAsync(new TxnRequest { Success = { DeleteUnder(FolderOf(writer)) } }, mayRepeat: true, CancellationToken.None);
            return false;
        }

        try
        {
            await SettleAsync(await ReadAsync(CancellationToken.None));
        }
        catch (EtcdException)
        {
            // The batch is made. The rest of its way is for whoever comes next.
        }

        return true;
    }

    /// <summary>Brings what is staged to where it belongs; nothing, where nothing is or somebody else has.</summary>
    public async Task SettleAsync(SpaceHead head)
    {
        if (!head.IsStaged)
        {
            return;
        }

        await foreach (var part in PartsAsync(head, revision: 0, CancellationToken.None))
        {
            foreach (var group in Groups(part))
            {
                if (!(await client.TxnAsync(If(head, group), mayRepeat: true, CancellationToken.None)).Succeeded)
                {
                    return;
                }
            }
        }

        var settled = head.Value.Clone();
        settled.Staged = 0;
        await client.TxnAsync(If(head, [Put(HeadKey, settled), DeleteUnder(Staged)]), mayRepeat: true, CancellationToken.None);
    }

    /// <summary>The operations of the staged parts, part by part.</summary>
    /// <param name="head">The head that has them.</param>
    /// <param name="revision">As of which revision of etcd's; 0: now.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public async IAsyncEnumerable<IReadOnlyList<RequestOp>> PartsAsync(
        SpaceHead head, long revision, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var page in client.PagesAsync(KeyRange.Under(FolderOf(head.Value.Writers[0])), PartsAtATime, revision, cancellationToken))
        {
            foreach (var part in page.Kvs)
            {
                yield return StagedPart.Parser.ParseFrom(part.Value).Operations;
            }
        }
    }

    public static RequestOp Put(string key, IMessage value)
        => new() { RequestPut = new PutRequest { Key = ByteString.CopyFromUtf8(key), Value = value.ToByteString() } };

    public static RequestOp Delete(string key) => new() { RequestDeleteRange = new DeleteRangeRequest { Key = ByteString.CopyFromUtf8(key) } };

    public static RequestOp DeleteUnder(string prefix) => Delete(KeyRange.Under(prefix));

    public static RequestOp Delete(KeyRange range) => new() { RequestDeleteRange = new DeleteRangeRequest { Key = range.Begin, RangeEnd = range.End } };

    /// <summary>Operations in groups that one transaction takes.</summary>
    internal static IEnumerable<IReadOnlyList<RequestOp>> Groups(IEnumerable<RequestOp> operations, int atMost = MaxOperations)
    {
        var (group, bytes) = (new List<RequestOp>(), 0);
        foreach (var operation in operations)
        {
            var size = operation.CalculateSize();
            if (group.Count > 0 && (group.Count == atMost || bytes + size > MaxBytes))
            {
                yield return group;
                (group, bytes) = ([], 0);
            }

            group.Add(operation);
            bytes += size;
        }

        if (group.Count > 0)
        {
            yield return group;
        }
    }

    // False: somebody else has written.
    private async Task<bool> RewriteAsync(SpaceHead seen, Head next, ulong writer, IReadOnlyList<RequestOp> operations, IReadOnlyList<Compare> conditions)
    {
        var doubt = false;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var request = If(seen, [Put(HeadKey, next), .. operations]);
                request.Compare.AddRange(conditions);
                var answer = await client.TxnAsync(request, mayRepeat: false, CancellationToken.None);
                return answer.Succeeded || (doubt && (await ReadAsync(CancellationToken.None)).Value.Writers.Contains(writer));
            }
            catch (EtcdException fault) when (attempt < Attempts && (fault.Outcome is Outcome.Unknown || (doubt && fault.IsOfThisMember)))
            {
                doubt = true;
                await Task.Delay(Pause, time);
            }
            catch (EtcdException fault) when (doubt)
            {
                throw new EtcdException(fault.Code, fault.Message, Outcome.Unknown, fault);
            }
        }
    }

    private async Task<int> StageAsync(ulong writer, IReadOnlyList<RequestOp> operations)
    {
        var parts = 0;
        foreach (var group in Groups(operations, int.MaxValue))
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"{FolderOf(writer)}{parts++:D8}");
            await client.TxnAsync(new TxnRequest { Success = { Put(key, new StagedPart { Operations = { group } }) } }, mayRepeat: true, CancellationToken.None);
        }

        return parts;
    }

    private TxnRequest If(SpaceHead head, IEnumerable<RequestOp> operations)
        => new()
        {
            Compare = { new Compare { Target = Compare.Types.CompareTarget.Mod, Key = ByteString.CopyFromUtf8(HeadKey), ModRevision = head.Changed } },
            Success = { operations },
        };

    private string FolderOf(ulong writer) => string.Create(CultureInfo.InvariantCulture, $"{Staged}{writer:x16}/");
}
