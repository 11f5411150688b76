using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Cli.Display;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Nodes;

/// <summary><c>edgepool streams</c>: every stream of a node.</summary>
internal static class StreamsCommand
{
    private const string Notes = """
        Examples:
          edgepool streams
          edgepool streams --json | jq '.streams[] | select(.tls == "none")'

        Exit codes: 0, 2 usage, 69 no node answers, 77 not allowed.
        """;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var command = NodeCommand.Create("streams", "List the streams of a node.", Notes, async (context, cancellation) =>
        {
            var list = await context.Node.GetAsync("/v1/streams", WireJson.Default.StreamList, cancellation);
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
        command.Options.Add(json);
        return command;
    }

    private static void Write(StreamList list, TextWriter output)
    {
        var table = new TextTable("STREAM", "KIND", "PEER", "STATE", "TLS", "PAIRS", "IN", "OUT");
        foreach (var stream in list.Streams)
        {
            table.Add(
                Text(stream.Number), stream.Kind, stream.Peer, stream.State, stream.Tls, string.Join(',', stream.Pairs), Text(stream.StanzasIn), Text(stream.StanzasOut));
        }

        table.WriteTo(output);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
