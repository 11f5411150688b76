using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using EdgePool.Benchmarks.Processes;

namespace EdgePool.Benchmarks.Handshakes;

/// <summary>Full mutual TLS and nothing else: pairs of <c>openssl s_server</c> and <c>openssl s_time</c>, one for each core, since each pair takes turns on one.</summary>
internal static partial class OpenSslHandshakes
{
    public const string Program = "/usr/bin/openssl";

    private const string Client = "openssl-client";

    public static async Task<HandshakeFigures> MeasureAsync(KeyFiles files)
    {
        files.Issue(Client, "p0.example");
        var servers = new List<MeasuredProcess>();
        try
        {
            var places = MeasuredProcess.FreeEndPoints(Environment.ProcessorCount);
            foreach (var place in places)
            {
                servers.Add(await ServerAsync(files, place));
            }

            var (before, start) = (Cpu(servers), Stopwatch.GetTimestamp());
            var done = (await Task.WhenAll(places.Select(place => TimeAsync(files, place)))).Sum();
            var (cpu, seconds) = (Cpu(servers) - before, Stopwatch.GetElapsedTime(start).TotalSeconds);
            return new HandshakeFigures(done, done / seconds, cpu.TotalMilliseconds / done, FirstCpuMilliseconds: null);
        }
        finally
        {
            foreach (var server in servers)
            {
                await server.DisposeAsync();
            }
        }
    }

    private static TimeSpan Cpu(IEnumerable<MeasuredProcess> servers) => servers.Aggregate(TimeSpan.Zero, (sum, server) => sum + server.Use().Cpu);

    private static Task<MeasuredProcess> ServerAsync(KeyFiles files, IPEndPoint at) => MeasuredProcess.StartAsync(
        "openssl s_server",
        Program,
        ["s_server", "-accept", at.ToString(), "-cert", files.PathOf("edge.pem"), "-key", files.PathOf("edge.key"), "-CAfile", files.Authority,
            "-Verify", "2", "-verify_return_error", "-verify_quiet", "-num_tickets", "0", "-no_cache", "-quiet"],
        at);

    private static async Task<int> TimeAsync(KeyFiles files, IPEndPoint at)
    {
        string[] arguments = ["s_time", "-connect", at.ToString(), "-new", "-time", HandshakeOptions.OpenSslSeconds.ToString(CultureInfo.InvariantCulture),
            "-cert", files.PathOf(Client + ".pem"), "-key", files.PathOf(Client + ".key"), "-CAfile", files.Authority, "-verify", "2"];
        using var process = Process.Start(new ProcessStartInfo(Program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return Connections().Match(output) is { Success: true } found && int.Parse(found.Groups["count"].Value, CultureInfo.InvariantCulture) is > 0 and var count
            ? count
            : throw new InvalidOperationException($"openssl s_time made no handshake: {output}{await errors}");
    }

    [GeneratedRegex("(?<count>[0-9]+) connections in [0-9]+ real seconds", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Connections();
}
