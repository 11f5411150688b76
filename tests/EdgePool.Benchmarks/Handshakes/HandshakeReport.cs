using System.Globalization;
using System.Text.Json;

namespace EdgePool.Benchmarks.Handshakes;

/// <summary>Handshakes of one server.</summary>
/// <param name="Handshakes">How many.</param>
/// <param name="PerSecond">Rate, of server and load on one machine.</param>
/// <param name="CpuMilliseconds">The server's CPU for one.</param>
/// <param name="FirstCpuMilliseconds">The same of the first <see cref="HandshakeOptions.WarmUp"/> that a fresh process takes; null: not measured.</param>
internal sealed record HandshakeFigures(int Handshakes, double PerSecond, double CpuMilliseconds, double? FirstCpuMilliseconds);

/// <summary>All that was measured; null: the program is not installed.</summary>
internal sealed record HandshakeReport(int Parallel, HandshakeFigures Edge, HandshakeFigures? OpenSsl, HandshakeFigures? Prosody)
{
    private static readonly JsonSerializerOptions Names = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>The edge's rate to that of TLS alone; the aim is 0.7.</summary>
    public double? ToOpenSsl => Edge.PerSecond / OpenSsl?.PerSecond;

    /// <summary>The edge's rate to Prosody's; the aim is 2.</summary>
    public double? ToProsody => Edge.PerSecond / Prosody?.PerSecond;

    /// <summary>The edge's CPU for a handshake to Prosody's; the aim is 1 at most.</summary>
    public double? CpuToProsody => Edge.CpuMilliseconds / Prosody?.CpuMilliseconds;

    public string ToJson() => JsonSerializer.Serialize(this, Names);

    public void Write(TextWriter target)
    {
        target.WriteLine($"handshakes on fresh connections, {Text(Parallel)} at once, ECDSA P-256; CPU of the server's process alone");
        target.WriteLine("                        handshakes/s   CPU ms each   CPU ms each of the first 100");
        Line(target, "edgepool", Edge);
        Line(target, "prosody", Prosody);
        Line(target, "openssl, TLS alone", OpenSsl);
        Ratio(target, "edgepool to openssl, rate", ToOpenSsl, "0.7 or more");
        Ratio(target, "edgepool to prosody, rate", ToProsody, "2 or more");
        Ratio(target, "edgepool to prosody, CPU", CpuToProsody, "1 or less");
    }

    private static void Line(TextWriter target, string name, HandshakeFigures? figures)
        => target.WriteLine(figures is null
            ? $"  {name,-22}not installed"
            : $"  {name,-22}{Text(figures.PerSecond),12}{Text(figures.CpuMilliseconds),14}{(figures.FirstCpuMilliseconds is { } first ? Text(first) : "-"),31}");

    private static void Ratio(TextWriter target, string name, double? ratio, string aim)
    {
        if (ratio is { } known)
        {
            target.WriteLine($"  {name,-27}{Text(known),7}   aim: {aim}");
        }
    }

    private static string Text(double number) => number.ToString(Math.Abs(number) < 100 && number % 1 != 0 ? "0.00" : "0", CultureInfo.InvariantCulture);
}
