using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using EdgePool.Cluster.Sharding;

namespace EdgePool.Interop.Tests.Faults;

/// <summary>
/// Every change of the shards' keys, as etcd tells it (its JSON watch, from the first revision on, at whichever member answers): who owns what now, and whatever may not
/// be, such as an owner whose write stands beside another's.
/// </summary>
internal sealed class ShardHistory : IAsyncDisposable
{
    private const string Prefix = "/edgepool/live/shards/site-a/";

    private readonly IReadOnlyList<Uri> members;
    private readonly HttpClient http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private readonly Dictionary<string, (string Owner, long Token)> owners = new(StringComparer.Ordinal);
    private readonly List<string> faults = [];
    private readonly Task running;
    private TaskCompletionSource changed = NewSignal();
    private long revision = 1;

    public ShardHistory(IReadOnlyList<Uri> members)
    {
        this.members = members;
        running = RunAsync();
    }

    /// <summary>What may not be.</summary>
    public IReadOnlyList<string> Faults
    {
        get
        {
            lock (gate)
                return [.. faults];
        }
    }

    /// <summary>Waits until each shard is owned, and by one of these nodes; says how long it took from a moment on.</summary>
    public async Task<TimeSpan> OwnedAsync(long since, TimeSpan patience, params string[] nodes)
    {
        using var deadline = new CancellationTokenSource(patience);
        while (true)
        {
            Task signal;
            lock (gate)
            {
                if (owners.Count == Placement.Shards && owners.Values.All(owner => nodes.Contains(owner.Owner)))
                    return Stopwatch.GetElapsedTime(since);
                signal = changed.Task;
            }

            await signal.WaitAsync(deadline.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await running;
        http.Dispose();
        stopping.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private async Task RunAsync()
    {
        for (var attempt = 0; !stopping.IsCancellationRequested; attempt++)
        {
            try
            {
                await FollowAsync(members[attempt % members.Count]);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or JsonException or OperationCanceledException)
            {
                await Task.Delay(50, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task FollowAsync(Uri member)
    {
        var end = Prefix[..^1] + (char)(Prefix[^1] + 1);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(member, "v3/watch"))
        {
            Content = new StringContent($$$"""{"create_request":{"key":"{{{Base64(Prefix)}}}","range_end":"{{{Base64(end)}}}","start_revision":"{{{revision}}}"}}"""),
        };
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stopping.Token);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(stopping.Token));
        while (await lines.ReadLineAsync(stopping.Token) is { } line)
        {
            using var json = JsonDocument.Parse(line);
            if (!json.RootElement.TryGetProperty("result", out var result))
                return;
            if (result.TryGetProperty("events", out var events))
                Take(events);
        }
    }

    private void Take(JsonElement events)
    {
        TaskCompletionSource signal;
        lock (gate)
        {
            foreach (var change in events.EnumerateArray())
            {
                var key = change.GetProperty("kv");
                Take(key.GetProperty("key").GetString()!, key, deleted: change.TryGetProperty("type", out var type) && type.GetString() == "DELETE");
                revision = Math.Max(revision, Number(key, "mod_revision") + 1);
            }

            (signal, changed) = (changed, NewSignal());
        }

        signal.TrySetResult();
    }

    /// <summary>A key is created by its owner, and stays as it is until it is deleted.</summary>
    private void Take(string shard, JsonElement key, bool deleted)
    {
        if (deleted)
        {
            owners.Remove(shard);
            return;
        }

        var owner = Encoding.UTF8.GetString(key.GetProperty("value").GetBytesFromBase64());
        var token = Number(key, "create_revision");
        if (owners.TryGetValue(shard, out var before) && before != (owner, token))
            faults.Add($"{Encoding.UTF8.GetString(Convert.FromBase64String(shard))}: {before.Owner} owns it under {before.Token}, and {owner} under {token} wrote to it");
        owners[shard] = (owner, token);
    }

    private static long Number(JsonElement of, string name) => long.Parse(of.GetProperty(name).GetString()!, CultureInfo.InvariantCulture);
}
