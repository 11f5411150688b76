using System.Globalization;

namespace EdgePool.Benchmarks.Handshakes;

/// <summary>What is measured.</summary>
internal sealed record HandshakeOptions
{
    public const int WarmUp = 100;
    public const int OpenSslSeconds = 5;
    private const int MostHandshakes = 3_000;
    private const int MostParallel = 100;

    public const string Usage = """
        Usage: dotnet run -c Release --project tests/EdgePool.Benchmarks -- handshake [options]

          --count N      fresh connections to each server, behind 100 that warm it up; 1 to 3000   (1000)
          --parallel N   so many at once, 1 to 100                                                 (16)
          --json         one line of JSON in place of the table

        A handshake is TCP, STARTTLS, full mutual TLS 1.3, SASL EXTERNAL and the stream behind it. 'edgepool run' takes them in a
        process of its own, then Prosody, where it is installed, with the same keys and from the same partners. 'openssl s_time'
        against 'openssl s_server' is full mutual TLS alone, with the same keys again, one such pair for each core, 5 seconds:
        what the library gives when nothing else is done. CPU is the server's alone; rates are of server and load on one machine.

        Exit codes: 0 measured, 1 a server did not start or did not take a stream, 2 usage.
        """;

    public int Count { get; init; } = 1_000;

    public int Parallel { get; init; } = 16;

    public bool Json { get; init; }

    /// <summary>The options; null with what is wrong.</summary>
    public static HandshakeOptions? Parse(IReadOnlyList<string> arguments, out string problem)
    {
        problem = string.Empty;
        var options = new HandshakeOptions();
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
                problem = $"handshake: {arguments[i]} {value} is not understood";
                return null;
            }

            options = next;
            i++;
        }

        return options;
    }

    private static HandshakeOptions? With(HandshakeOptions options, string name, string value) => name switch
    {
        "--count" when Number(value, MostHandshakes) is { } count => options with { Count = count },
        "--parallel" when Number(value, MostParallel) is { } parallel => options with { Parallel = parallel },
        _ => null,
    };

    private static int? Number(string text, int most)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 && number <= most ? number : null;
}
