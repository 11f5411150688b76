using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Cli.Display;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Nodes;

/// <summary><c>edgepool streams</c>: the streams of a node.</summary>
internal static class StreamsCommand
{
    private const string Notes = """
        Examples:
          edgepool streams
          edgepool streams partner.example             those of a partner with all its domains, or of any other domain
          edgepool streams --watch                     anew each second, in place; Ctrl+C ends it
          edgepool streams --watch | tee changes.log   a line for each stream that is new, changed or gone
          edgepool streams --json | jq '.streams[] | select(.tls == "none")'

        PAIRS are the pairs of domains, local-remote, that are authenticated; in brackets the pair that a stream is being opened for. BIDI: stanzas go both
        ways for so many of them (XEP-0288). IN and OUT are stanzas, then bytes of XML. QUEUE are stanzas that wait to be written; UNACKED those that were
        written and that the peer, where it acknowledges (XEP-0198), has not taken over yet; BLOCKED is how long the peer has not taken what is being written.

        Exit codes: 0 (--watch that is ended by Ctrl+C too), 2 usage, 69 no node answers, 77 not allowed.
        """;

    /// <summary>What is shown of a stream, a column each.</summary>
    private static readonly (string Title, Func<StreamView, string> Text)[] Columns =
    [
        ("STREAM", stream => Text(stream.Number)),
        ("KIND", stream => stream.Kind),
        ("PEER", stream => stream.Peer),
        ("STATE", stream => stream.State),
        ("AGE", stream => Quantities.Time(stream.AgeSeconds)),
        ("TLS", stream => stream.Tls),
        ("METHOD", stream => stream.Method ?? ""),
        ("PAIRS", Pairs),
        ("BIDI", stream => stream.Bidirectional.Count == 0 ? "" : Text(stream.Bidirectional.Count)),
        ("IN", stream => $"{Text(stream.StanzasIn)} / {Quantities.Bytes(stream.BytesIn)}"),
        ("OUT", stream => $"{Text(stream.StanzasOut)} / {Quantities.Bytes(stream.BytesOut)}"),
        ("QUEUE", stream => Text(stream.Queued)),
        ("UNACKED", stream => stream.Unacknowledged is { } unacknowledged ? Text(unacknowledged) : ""),
        ("BLOCKED", stream => stream.BlockedSeconds == 0 ? "" : Quantities.Time(stream.BlockedSeconds)),
    ];

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var domain = new Argument<string?>("DOMAIN") { Description = "A partner's primary domain, or any other domain.", Arity = ArgumentArity.ZeroOrOne };
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var watch = new Option<bool>("--watch", "-w") { Description = "Go on until Ctrl+C: in place on a terminal, else a line (with --json an object) for each change." };
        var command = NodeCommand.Create("streams", "List the streams of a node.", Notes, async (context, cancellation) =>
        {
            var path = context.Arguments.GetValue(domain) is { } name ? "/v1/streams/" + Uri.EscapeDataString(name) : "/v1/streams";
            if (context.Arguments.GetValue(watch))
            {
                await WatchAsync(context, path, context.Arguments.GetValue(json), cancellation);
                return ExitCode.Success;
            }

            var list = await context.Node.GetAsync(path, WireJson.Default.StreamList, cancellation);
            if (context.Arguments.GetValue(json))
            {
                context.Output.WriteLine(JsonSerializer.Serialize(list, WireJson.Shown.StreamList));
            }
            else
            {
                Write(list, context.Output);
            }

            return ExitCode.Success;
        });
        command.Arguments.Add(domain);
        command.Options.Add(json);
        command.Options.Add(watch);
        return command;
    }

    private static async Task WatchAsync(NodeContext context, string path, bool json, CancellationToken cancellation)
    {
        using var termination = new Termination();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, termination.Token);
        var stop = either.Token;
        var streams = new StreamsWatch(look => context.Node.GetAsync(path, WireJson.Default.StreamList, look), TimeProvider.System, context.Output);
        if (json || Console.IsOutputRedirected || !ReferenceEquals(context.Output, Console.Out))
        {
            await streams.TellAsync(json, stop);
            return;
        }

        Console.Clear();
        await streams.ShowAsync(static () => (Console.WindowWidth, Console.WindowHeight), stop);
    }

    internal static void Write(StreamList list, TextWriter output)
    {
        var table = new TextTable([.. Columns.Select(column => column.Title)]);
        foreach (var stream in list.Streams)
        {
            table.Add([.. Columns.Select(column => column.Text(stream))]);
        }

        table.WriteTo(output);
    }

    internal static string Pairs(StreamView stream)
        => stream.Pairs.Count > 0 ? string.Join(',', stream.Pairs) : stream.Wanted is { } wanted ? $"({wanted})" : "";

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
