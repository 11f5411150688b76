using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Cli.Display;
using EdgePool.Server.Configuration;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Cluster;

/// <summary><c>edgepool cluster status</c>: the pool as a node sees it.</summary>
internal static class ClusterStatusCommand
{
    private const int BarLength = 20;

    private const string Notes = """
        Examples:
          edgepool cluster status
          edgepool cluster status --json | jq '.nodes[].name'

        Partners are spread over shards, and each shard has one node as its owner. BALANCE is a node's part of the shards, as long as the fullest node's is the
        whole bar. The node with * is the one that asked the others. STREAMS is what each node told last, every ten seconds. LEASE is what its lease has left: a node that is
        well keeps it at 5 s, and one that is silent is taken for dead after 1 s. LINKS are those to the other nodes that stand. UNCERTAIN are stanzas that the node answered as
        lost although another one may have delivered them.

        Exit codes: 0 all is well, 1 something is wrong (the last lines say what), 2 usage, 69 no node answers, 77 not allowed.
        """;

    /// <summary>The command.</summary>
    public static Command Create(TimeProvider time)
    {
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var command = NodeCommand.Create("status", "Show the pool: nodes, shards and store, as a node sees them.", Notes, async (context, cancellation) =>
        {
            var view = await context.Node.GetAsync("/v1/cluster", WireJson.Default.ClusterView, cancellation);
            if (context.Arguments.GetValue(json))
            {
                context.Output.WriteLine(JsonSerializer.Serialize(view, WireJson.Shown.ClusterView));
            }
            else
            {
                Write(view, time.GetUtcNow(), context.Output);
            }

            return view.Problems.Count == 0 ? ExitCode.Success : ExitCode.Failed;
        });
        command.Options.Add(json);
        return command;
    }

    /// <summary>The pool for people.</summary>
    public static void Write(ClusterView view, DateTimeOffset now, TextWriter output)
    {
        var answers = view.Store.Milliseconds is { } took ? string.Create(CultureInfo.InvariantCulture, $"answers in {took:0.0} ms") : "does not answer";
        output.WriteLine($"pool      {Shown.Of(view.Pool)}, seen by {Shown.Of(view.Node)}");
        output.WriteLine($"store     {view.Store.Kind}, {answers}{(view.Store.Followed ? "" : ", not followed")}");
        if (view.Kept is { SavedAt: { } saved } kept)
        {
            var waiting = kept.PendingConsents > 0 ? FormattableString.Invariant($"; {kept.PendingConsents} batches of consents wait for the store") : "";
            output.WriteLine(FormattableString.Invariant($"snapshot  documents of revision {kept.Revision}, kept on this node's disk {Quantities.Time(Math.Max(0, (long)(now - saved).TotalSeconds))} ago{waiting}"));
        }

        output.WriteLine(FormattableString.Invariant($"shards    {view.Shards.Total - view.Shards.Unowned} of {view.Shards.Total} have an owner"));
        output.WriteLine();
        var fullest = view.Nodes.Select(node => node.Shards).DefaultIfEmpty().Max();
        var table = new TextTable("NODE", "STATE", "UP", "STREAMS", "SHARDS", "BALANCE", "LEASE", "LINKS", "UNCERTAIN", "PEER", "VERSION");
        foreach (var node in view.Nodes)
        {
            table.Add(
                node.Name,
                State(node, view.Node),
                node.Started is { } started && started <= now ? Quantities.Time((long)(now - started).TotalSeconds) : "",
                node.Streams.ToString(CultureInfo.InvariantCulture),
                node.Shards.ToString(CultureInfo.InvariantCulture),
                Bar(node.Shards, fullest),
                node.LeaseSeconds is { } left ? string.Create(CultureInfo.InvariantCulture, $"{left:0.#} s") : "",
                node.Links is { } links ? Links(links, view) : "",
                node.UncertainStanzas?.ToString(CultureInfo.InvariantCulture) ?? "",
                node.Peer,
                node.Product);
        }

        table.WriteTo(output);
        if (view.Problems.Count > 0)
        {
            output.WriteLine();
        }

        foreach (var problem in view.Problems)
        {
            output.WriteLine($"problem   {Shown.Of(problem, 1_000)}");
        }
    }

    private static string State(ClusterNode node, string teller)
        => (node.Draining ? "draining" : node.Ready ? "ready" : "not ready") + (string.Equals(node.Name, teller, StringComparison.Ordinal) ? " *" : "");

    /// <summary>Links within the pool, of how many; and behind them those to other pools.</summary>
    private static string Links(IReadOnlyList<string> links, ClusterView view)
    {
        var near = links.Count(link => view.Nodes.Any(node => string.Equals(node.Name, link, StringComparison.Ordinal)));
        var within = string.Create(CultureInfo.InvariantCulture, $"{near} of {view.Nodes.Count - 1}");
        return near == links.Count ? within : string.Create(CultureInfo.InvariantCulture, $"{within} +{links.Count - near}");
    }

    /// <summary>A bar of at least one sign where there is anything.</summary>
    private static string Bar(int shards, int fullest)
        => fullest == 0 ? "" : new string('#', shards == 0 ? 0 : Math.Max(1, (int)Math.Round((double)shards / fullest * BarLength))).PadRight(BarLength, '.');
}
