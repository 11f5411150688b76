using System.CommandLine;
using System.Globalization;
using EdgePool.Policy.Documents;

namespace EdgePool.Server.Cli;

/// <summary>What the demo is asked to do.</summary>
/// <param name="Duration">How long; null: until interrupted.</param>
/// <param name="Json">End with one JSON line and draw no table.</param>
/// <param name="Rate">Stanzas per second in each direction; 0: as many as go.</param>
/// <param name="Nodes">Nodes of one pool; 1: a node alone; <see cref="TwoSites"/>: two sites of two nodes.</param>
internal sealed record DemoSettings(TimeSpan? Duration, bool Json, int Rate, int Nodes = DemoSettings.TwoSites)
{
    /// <summary>No pool was asked for.</summary>
    public const int TwoSites = 0;
}

/// <summary>Runs the demo and gives the exit code. Cancellation is the interrupt that ends it early.</summary>
internal delegate Task<int> DemoHandler(DemoSettings settings, TextWriter output, CancellationToken cancellation);

/// <summary><c>edgepool demo</c>: the product's promise on embedded parts alone.</summary>
internal static class DemoCommand
{
    private const int DefaultRate = 2_000;
    private const int MostNodes = 9;
    private const int HighestRate = 1_000_000;
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>The command.</summary>
    public static Command Create(DemoHandler handler)
    {
        var duration = new Option<TimeSpan?>("--duration", "-d")
        {
            Description = "How long messages flow, such as 20s or 5m; less than the story takes does not shorten it. Without it 20s; one node alone goes on until Ctrl+C.",
            HelpName = "TIME",
            CustomParser = parsed =>
            {
                if (Quantity.TryDuration(parsed.Tokens[0].Value) is { } time && time > TimeSpan.Zero && time <= Longest)
                {
                    return time;
                }

                parsed.AddError("--duration takes a time with its unit, from 1ms to 1d, such as 20s or 5m");
                return null;
            },
        };
        var json = new Option<bool>("--json") { Description = "Draw no table; end with one line of JSON: takeoverMillis, lostInSilence, bounced, duplicated, and others that README.md lists." };
        var rate = new Option<int>("--rate", "-r")
        {
            Description = "Stanzas per second in each direction, over all partners; 0 sends as many as go.",
            HelpName = "N",
            DefaultValueFactory = _ => DefaultRate,
            CustomParser = parsed =>
            {
                if (int.TryParse(parsed.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= HighestRate)
                {
                    return number;
                }

                parsed.AddError("--rate takes a number from 0 to 1000000");
                return 0;
            },
        };
        var nodes = new Option<int>("--nodes", "-n")
        {
            Description = "In place of two sites: with 1 a node alone and nothing that fails, with 2 to 9 a pool of so many nodes, one of which is killed.",
            HelpName = "N",
            CustomParser = parsed =>
            {
                if (int.TryParse(parsed.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= MostNodes)
                {
                    return number;
                }

                parsed.AddError("--nodes takes a number from 1 to 9");
                return 0;
            },
        };
        var command = new Command("demo", "See it work with nothing to install: one of two sites is killed in mid-traffic, the other takes over, and the first comes back.")
        {
            duration, json, rate, nodes,
        };
        command.SetAction(async (result, _) =>
        {
            using var termination = new Termination();
            var settings = new DemoSettings(result.GetValue(duration), result.GetValue(json), result.GetValue(rate), result.GetValue(nodes));
            return await handler(settings, result.InvocationConfiguration.Output, termination.Token);
        });
        return command;
    }
}
