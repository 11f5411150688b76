using EdgePool.Cluster.Etcd.Messages;

namespace EdgePool.Cluster.Etcd.Calls;

/// <summary>
/// A watch at one member. The member is asked regularly how far it is: a member that is silent is one that is stopped or cut off. (HTTP/2's own pings would tell later: etcd
/// forbids frequent ones.)
/// </summary>
internal sealed class KeyWatch : IAsyncDisposable
{
    private static readonly byte[] HowFar = GrpcFrame.Of(new WatchRequest { ProgressRequest = new WatchProgressRequest() });

    private readonly GrpcDialogue<WatchResponse> dialogue;
    private readonly ITimer asking;
    private readonly List<Event> gathered = [];

    private KeyWatch(GrpcDialogue<WatchResponse> dialogue, TimeSpan patience, TimeProvider time)
    {
        this.dialogue = dialogue;
        asking = time.CreateTimer(static d => ((GrpcDialogue<WatchResponse>)d!).Say(HowFar), dialogue, patience / 3, patience / 3);
    }

    /// <summary>Where.</summary>
    public Uri Endpoint => dialogue.Endpoint;

    /// <summary>Opens a watch; it stands when this returns.</summary>
    public static async Task<KeyWatch> OpenAsync(
        GrpcCaller caller, Uri endpoint, KeyRange range, long from, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        // Without fragments, all that a watch has missed could come in one message.
        var create = new WatchRequest
        {
            CreateRequest = new WatchCreateRequest { Key = range.Begin, RangeEnd = range.End, StartRevision = from, Fragment = true },
        };
        var opened = await caller.OpenAsync(
            endpoint, "etcdserverpb.Watch/Watch", create, WatchResponse.Parser, EtcdClient.MaxAnswerBytes, patience, cancellationToken);
        var watch = new KeyWatch(opened, patience, time);
        try
        {
            var created = await watch.HearAsync(cancellationToken);
            return created.Created ? watch : throw GrpcFailure.Of(new InvalidDataException("no answer to a watch"), endpoint);
        }
        catch
        {
            await watch.DisposeAsync();
            throw;
        }
    }

    /// <summary>The next changes.</summary>
    /// <exception cref="EtcdException">The watch has ended.</exception>
    public async Task<KeyEvents> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var heard = await HearAsync(cancellationToken);
            gathered.AddRange(heard.Events);
            if (heard.Fragment || gathered.Count == 0)
            {
                continue;
            }

            var events = gathered.ToArray();
            gathered.Clear();
            return new KeyEvents(IsListing: false, events[^1].Kv.ModRevision, events);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await asking.DisposeAsync();
        await dialogue.DisposeAsync();
    }

    private async Task<WatchResponse> HearAsync(CancellationToken cancellationToken)
    {
        var heard = await dialogue.HearAsync(cancellationToken);
        if (heard.CompactRevision > 0)
        {
            throw new EtcdException(GrpcCode.OutOfRange, $"etcd at {GrpcFailure.Name(Endpoint)} has compacted what was to be followed", Outcome.NotDone);
        }

        return heard.Canceled
            ? throw new EtcdException(GrpcCode.Unavailable, $"etcd at {GrpcFailure.Name(Endpoint)} ended a watch: {heard.CancelReason}", Outcome.NotDone)
            : heard;
    }
}
