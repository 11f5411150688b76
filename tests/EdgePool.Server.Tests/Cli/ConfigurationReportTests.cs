using EdgePool.Policy.Partners;
using EdgePool.Server.Cli;
using EdgePool.Server.Configuration;
using Xunit;

namespace EdgePool.Server.Tests.Cli;

public sealed class ConfigurationReportTests
{
    [Theory]
    [InlineData(false, 0, 0)]
    [InlineData(true, 78, 1, nameof(ProblemKind.Content))]
    [InlineData(false, 78, 1, nameof(ProblemKind.Content))]
    [InlineData(true, 77, 1, nameof(ProblemKind.Content), nameof(ProblemKind.Permission))]
    [InlineData(false, 77, 77, nameof(ProblemKind.Permission))]
    [InlineData(false, 66, 66, nameof(ProblemKind.NoFile))]
    [InlineData(false, 69, 69, nameof(ProblemKind.Machine))]
    public void ExitCodes_ByKindOfError_AreThoseOfTheHelp(bool placed, int run, int check, params string[] kinds)
    {
        var result = new ConfigurationResult(Options: null, [.. kinds.Select(kind => new ConfigurationProblem(
            ProblemSeverity.Error, Enum.Parse<ProblemKind>(kind), "f", placed ? new Position(1, 1) : null, "what", "remedy"))]);

        Assert.Equal((run, check), (ConfigurationReport.ExitCodeOf(result), ConfigurationReport.CheckExitCodeOf(result)));
    }
}
