using System.Security.Cryptography;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Secrets;
using EdgePool.Cluster.Sharding;
using EdgePool.Server.Management.Wire;
using EdgePool.Server.Pool;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace EdgePool.Server.Management.Api;

/// <summary><c>/v1/cluster</c>: the pool as this node sees it.</summary>
internal sealed class ClusterEndpoints(ManagedNode node, TimeProvider time)
{
    /// <summary>What the store may take to answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>What others may take to own what this node owned: each looks once a second.</summary>
    private static readonly TimeSpan HandOver = TimeSpan.FromSeconds(30);

    private static readonly Failure Alone = new(
        FailureCode.Alone, "this node is in no pool", "'systemctl stop edgepool' stops it, 'edgepool dialback rotate' makes a new dialback secret; a pool begins with cluster: in the node's file");

    private readonly PoolNode pool = node.Pool.Node;
    private readonly NodeRound round = new(node.Pool.Node.Store, node.Node.Peers, new MembershipOptions(), time);

    /// <summary>Maps them.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/cluster", ShowAsync);
        routes.MapPost("/v1/cluster/leave", LeaveAsync);
        routes.MapPost("/v1/cluster/secrets/rotate", RotateAsync);
    }

    private async Task ShowAsync(HttpContext context)
    {
        var since = time.GetTimestamp();
        var problem = await AskAsync(context.RequestAborted);
        var took = time.GetElapsedTime(since);
        var answers = await round.AskAsync(pool.Keeper.View, context.RequestAborted);
        await Reply.OkAsync(context, View(problem, took, answers), WireJson.Default.ClusterView);
    }

    /// <summary>Gives away what this node owns, answers, and ends the process in order.</summary>
    private async Task LeaveAsync(HttpContext context)
    {
        if (node.Options.Cluster is null)
        {
            await Reply.FailAsync(context, StatusCodes.Status409Conflict, Alone);
            return;
        }

        var owned = pool.Keeper.Count;
        ManagementLog.Leaving(node.Log, Operator.Of(context), pool.Member.Record.Pool);
        var left = await pool.HandOverAsync(HandOver);
        context.Response.OnCompleted(() =>
        {
            pool.EndProcess();
            return Task.CompletedTask;
        });
        await Reply.OkAsync(context, new LeaveReply(pool.Member.Record.Name, pool.Member.Record.Pool, owned - left, left), WireJson.Default.LeaveReply);
    }

    private async Task RotateAsync(HttpContext context)
    {
        if (node.Pool.SecretStore is not { } secrets)
        {
            await Reply.FailAsync(context, StatusCodes.Status409Conflict, Alone);
            return;
        }

        if (await Reply.RequestAsync(context, WireJson.Default.RotateRequest) is not { } request)
        {
            return;
        }

        try
        {
            var outcome = await new SecretRotation(secrets, pool.Store, time, RandomNumberGenerator.GetBytes).RunAsync(request.ForgetPrevious!.Value, context.RequestAborted);
            await (outcome.Revision is null
                ? Reply.FailAsync(context, StatusCodes.Status409Conflict, new Failure(FailureCode.Stale, "somebody else rotates at this moment", "see what they did; then try again"))
                : RotatedAsync(context, outcome));
        }
        catch (SecretException fault)
        {
            await Reply.FailAsync(context, StatusCodes.Status503ServiceUnavailable, new Failure(FailureCode.Unavailable, fault.Message, "nothing was changed"));
        }
    }

    private Task RotatedAsync(HttpContext context, RotationOutcome outcome)
    {
        ManagementLog.Rotated(node.Log, Operator.Of(context), outcome.Revision!.Value, outcome.Kept, outcome.Before);
        return Reply.OkAsync(context, new RotateReply(outcome.Revision.Value, outcome.Before, outcome.Kept, outcome.Late), WireJson.Default.RotateReply);
    }

    /// <summary>Asks the store for something small; null: it answered.</summary>
    private async Task<string?> AskAsync(CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            await pool.Store.ReadAsync(NodeRecord.PrefixOf(pool.Member.Record.Pool), either.Token);
            return null;
        }
        catch (StoreException fault)
        {
            return fault.Message;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return FormattableString.Invariant($"nothing came within {Patience.TotalSeconds:0} s");
        }
    }

    private ClusterView View(string? storeProblem, TimeSpan took, IReadOnlyDictionary<string, NodeAnswer> answers)
    {
        var self = pool.Member.Record;
        var looks = new PoolLooks(self.Name, pool.Keeper.View, pool.Keeper.Map, pool.Member.Term is not null, pool.Keeper.Connected, pool.Trouble, storeProblem)
        {
            Told = answers.Where(answer => answer.Value.Told is not null).ToDictionary(answer => answer.Key, answer => answer.Value.Told!, StringComparer.Ordinal),
            Outdated = node.Shared?.Standing.Outdated ?? false,
        };
        var shards = looks.Map.Owners.Values.CountBy(owner => owner.Node, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        return new ClusterView(
            self.Name,
            self.Pool,
            looks.IsMember,
            new ClusterStore(node.Options.Cluster is null ? "embedded" : "etcd", storeProblem is null, storeProblem is null ? Math.Round(took.TotalMilliseconds, 1) : null, looks.Followed),
            node.Shared?.Standing is { } kept ? new ClusterKept(kept.Revision, kept.SavedAt, kept.AwaySince, kept.PendingConsents) : null,
            [.. looks.View.Nodes.Values.Select(one => Node(one, shards.GetValueOrDefault(one.Name), answers.GetValueOrDefault(one.Name)))],
            new ClusterShards(Placement.Shards, PoolFindings.Unowned(looks)),
            [.. PoolFindings.Of(looks)]);
    }

    private static ClusterNode Node(NodeRecord one, int shards, NodeAnswer? answer)
        => new(one.Name, one.Version, one.Peer, one.Ready, one.Draining, one.Streams, one.Started, one.Lease, shards)
        {
            LeaseSeconds = answer?.LeaseLeft?.TotalSeconds is { } left ? Math.Round(left, 1) : null,
            UncertainStanzas = answer?.Told?.Uncertain,
            Links = answer?.Told?.Links,
        };
}
