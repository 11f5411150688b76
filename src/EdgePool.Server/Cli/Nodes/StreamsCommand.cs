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
          edgepool streams --json | jq '.streams[] | select(.tls == "none")'

        PAIRS are the pairs of domains, local-remote, that are authenticated; in brackets the pair that a stream is being opened for. IN and OUT are
        stanzas, then bytes of XML. QUEUE are stanzas that wait to be written; UNACKED those that were written and that the peer, where it acknowledges (XEP-0198), has not taken
        over yet; BLOCKED is how long the peer has not taken what is being written.

        Exit codes: 0, 2 usage, 69 no node answers, 77 not allowed.
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
        var command = NodeCommand.Create("streams", "List the streams of a node.", Notes, async (context, cancellation) =>
        {
            var path = context.Arguments.GetValue(domain) is { } name ? "/v1/streams/" + Uri.EscapeDataString(name) : "/v1/streams";
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
        return command;
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

    private static string Pairs(StreamView stream)
        => stream.Pairs.Count > 0 ? string.Join(',', stream.Pairs) : stream.Wanted is { } wanted ? $"({wanted})" : "";

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
