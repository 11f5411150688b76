using System.Globalization;

namespace EdgePool.Benchmarks.Relay;

/// <summary>The direction in which stanzas go.</summary>
internal enum RelayDirection
{
    /// <summary>Partner to component.</summary>
    In,

    /// <summary>Component to partner.</summary>
    Out,
}

/// <summary>What is measured.</summary>
internal sealed record RelayOptions
{
    public const int RateSeconds = 10;
    private const int MostStreams = 60;

    public const string Usage = """
        Usage: dotnet run -c Release --project tests/EdgePool.Benchmarks -- relay [options]

          --direction in|out   in: partners' streams to one component; out: the component to partners   (in)
          --streams N          partners, each with one stream, 1 to 60                                  (1)
          --count N            stanzas sent as fast as they go, for CPU per stanza; 0 leaves it out     (500000)
          --rate N             stanzas a second, for 10 seconds, for latency; 0 leaves it out           (2000)
          --idle N             idle authenticated streams, for memory and CPU per handshake; 0: none    (200)
          --json               one line of JSON in place of the table

        The edge is a process of its own for each of the three measurements, started as 'edgepool run' with a configuration in a
        temporary folder; the load comes from this process over loopback: TLS 1.3 and SASL EXTERNAL on partners' streams, a plain
        component. A stanza is a message of 255 bytes. CPU and memory are the edge's alone.

        Exit codes: 0 measured and nothing lost, 1 something was lost or broke, 2 usage.
        """;

    public RelayDirection Direction { get; init; } = RelayDirection.In;

    public int Streams { get; init; } = 1;

    public int Count { get; init; } = 500_000;

    public int Rate { get; init; } = 2_000;

    public int Idle { get; init; } = 200;

    public bool Json { get; init; }

    /// <summary>The options; null with what is wrong.</summary>
    public static RelayOptions? Parse(IReadOnlyList<string> arguments, out string problem)
    {
        problem = string.Empty;
        var options = new RelayOptions();
        for (var i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] == "--json")
            {
                options = options with { Json = true };
                continue;
            }

            var value = i + 1 < arguments.Count ? arguments[i + 1] : string.Empty;
            if (With(options, arguments[i], value) is not { } next)
            {
                problem = $"relay: {arguments[i]} {value} is not understood";
                return null;
            }

            options = next;
            i++;
        }

        return options;
    }

    private static RelayOptions? With(RelayOptions options, string name, string value) => name switch
    {
        "--direction" when value is "in" or "out" => options with { Direction = value == "in" ? RelayDirection.In : RelayDirection.Out },
        "--streams" when Number(value, MostStreams) is { } streams and > 0 => options with { Streams = streams },
        "--count" when Number(value, 100_000_000) is { } count => options with { Count = count },
        "--rate" when Number(value, 1_000_000) is { } rate => options with { Rate = rate },
        "--idle" when Number(value, 15_000) is { } idle => options with { Idle = idle },
        _ => null,
    };

    private static int? Number(string text, int most)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most ? number : null;
}
