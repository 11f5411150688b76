using EdgePool.Server.Demo;
using EdgePool.Testing.Time;
using Microsoft.Extensions.Logging;
using Xunit;

namespace EdgePool.Server.Tests.Demo;

public sealed class RecentWarningsTests
{
    [Fact]
    public void Latest_OneMoreThanKept_LosesTheOldest()
    {
        using var warnings = new RecentWarnings(target: null, new VirtualTimeProvider());
        var log = warnings.CreateLogger("EdgePool.Node");

        for (var i = 0; i <= RecentWarnings.Kept; i++)
        {
            log.LogWarning("number {Number}", i);
        }

        Assert.Equal(RecentWarnings.Kept, warnings.Latest.Count);
        Assert.EndsWith("number=1", warnings.Latest[0]);
        Assert.EndsWith($"number={RecentWarnings.Kept}", warnings.Latest[^1]);
    }

    [Theory]
    [InlineData(LogLevel.Information, false, 0)]
    [InlineData(LogLevel.Warning, false, 1)]
    [InlineData(LogLevel.Warning, true, 0)]
    [InlineData(LogLevel.Error, true, 1)]
    public void Log_ByLevelAndWhetherTheDemoEnds_IsWrittenOrNot(LogLevel level, bool stopping, int lines)
    {
        using var target = new StringWriter();
        using var warnings = new RecentWarnings(target, new VirtualTimeProvider()) { Stopping = stopping };

        warnings.CreateLogger("EdgePool.Node").Log(level, "said");

        Assert.Equal(lines, warnings.Latest.Count);
        Assert.Equal(lines, target.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }
}
