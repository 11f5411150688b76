using System.Globalization;
using EdgePool.Edge.Telemetry;
using Microsoft.Extensions.Logging;
using Xunit;

namespace EdgePool.Edge.Tests.Telemetry;

/// <summary>What of peers' faults is said at once, and what at the minute's end.</summary>
public sealed class RepeatedFaultsTests
{
    private readonly RepeatedFaults faults = new();

    [Fact]
    public void Note_TheFirstOfAPeerAndReason_IsAWarningAndTheRestIsCounted()
    {
        Assert.Equal(LogLevel.Warning, faults.Note(1011, "p1.example", "policy-violation"));
        Assert.Equal(LogLevel.Debug, faults.Note(1011, "p1.example", "policy-violation"));
        Assert.Equal(LogLevel.Debug, faults.Note(1011, "p1.example", "policy-violation"));
        Assert.Equal(LogLevel.Warning, faults.Note(1011, "p1.example", "tls-failed"));
        Assert.Equal(LogLevel.Warning, faults.Note(1020, "p1.example", "policy-violation"));
        Assert.Equal(LogLevel.Warning, faults.Note(1011, "p2.example", "policy-violation"));

        Assert.Equal([(new RepeatedFaults.Fault(1011, "p1.example", "policy-violation"), 2)], faults.Take());
        Assert.Empty(faults.Take());
        Assert.Equal(LogLevel.Warning, faults.Note(1011, "p1.example", "policy-violation"));
    }

    // Strangers with ever new names are one beyond the limit; whom the table knows stays itself.
    [Fact]
    public void Note_BeyondTheMost_IsOne()
    {
        for (var i = 0; i < RepeatedFaults.Most; i++)
            Assert.Equal(LogLevel.Warning, faults.Note(1011, Name(i), "host-unknown"));
        Assert.Equal(LogLevel.Warning, faults.Note(1011, Name(RepeatedFaults.Most), "host-unknown"));
        for (var i = 1; i <= 1_000; i++)
            Assert.Equal(LogLevel.Debug, faults.Note(1011, Name(RepeatedFaults.Most + i), "host-unknown"));
        Assert.Equal(LogLevel.Debug, faults.Note(1011, Name(7), "host-unknown"));

        Assert.Equal([(Name(7), 1), (RepeatedFaults.Others, 1_000)], faults.Take().Select(count => (count.Fault.Peer, count.More)));
    }

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"d{number}.example");
}
