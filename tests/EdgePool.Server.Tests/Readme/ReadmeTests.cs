using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using EdgePool.Server.Cli;
using EdgePool.Server.Demo;
using EdgePool.Server.Tests.Configuration;
using Xunit;

namespace EdgePool.Server.Tests.Readme;

/// <summary>What README.md shows works as it is written there.</summary>
public sealed class ReadmeTests : IDisposable
{
    private static readonly string Text = File.ReadAllText(Path.Combine(Root(), "README.md"));

    private readonly ConfigurationFolder folder = new();

    public static TheoryData<int> Examples => [.. Enumerable.Range(0, Blocks("yaml").Count)];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Examples))]
    public void Yaml_EachExample_LoadsWithoutAProblem(int example)
    {
        var result = folder.Load(Blocks("yaml")[example]);

        Assert.Empty(result.Problems.Select(problem => problem.ToString()));
        Assert.NotNull(result.Options);
    }

    [Fact]
    public void Yaml_Examples_AreThere() => Assert.True(Blocks("yaml").Count >= 2);

    [Fact]
    public async Task DemoCommand_For3SecondsWithJson_EndsWithOneLineAndSuccess()
    {
        var words = Regex.Match(Text, @"^    dotnet run --project src/EdgePool\.Server -c Release -- (?<words>.+)$", RegexOptions.Multiline).Groups["words"].Value;
        using var output = new StringWriter();
        using var error = new StringWriter();

        var code = await CommandLine.RunAsync(
            [.. words.Split(' '), "--duration", "3s", "--json"],
            DemoRun.HandleAsync,
            new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = output, Error = error });

        Assert.True(code == ExitCode.Success, output.ToString() + error);
        using var json = JsonDocument.Parse(Assert.Single(output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        var result = json.RootElement;
        Assert.All(
            ["accepted", "delivered", "bounced", "dropped", "inFlight", "stanzasPerSecond", "p50Micros", "p99Micros"],
            name => Assert.True(result.GetProperty(name).GetDouble() >= 0, name));
        Assert.True(result.GetProperty("balances").GetBoolean());
        Assert.Equal(0, result.GetProperty("lost").GetInt64());
        Assert.True(result.GetProperty("delivered").GetInt64() > 0);
    }

    [Fact]
    public async Task ExitCodes_Table_IsThatOfTheHelp()
    {
        var written = Regex.Matches(Text, @"^\| (?<code>\d+) \| (?<meaning>.+) \|$", RegexOptions.Multiline)
            .Select(row => (row.Groups["code"].Value, row.Groups["meaning"].Value));

        Assert.Equal(await HelpCodesAsync(), written);
    }

    [Fact]
    public void Paths_AllThatAreNamed_Exist()
    {
        var links = Regex.Matches(Text, @"\]\((?<path>[^)#:]+)\)").Select(link => link.Groups["path"].Value);
        var folders = Regex.Matches(Text, @"^\| `(?<path>[^`]+)` \|", RegexOptions.Multiline).Select(row => row.Groups["path"].Value);

        Assert.All(links.Concat(folders), path => Assert.True(Path.Exists(Path.Combine(Root(), path)), path));
        Assert.True(File.Exists(Path.Combine(Root(), "tests/run.sh")));
    }

    private static async Task<List<(string Code, string Meaning)>> HelpCodesAsync()
    {
        using var help = new StringWriter();
        await CommandLine.RunAsync(["--help"], DemoRun.HandleAsync, new InvocationConfiguration { Output = help });
        return [.. Regex.Matches(help.ToString(), @"^  (?<code>\d+) +(?<meaning>.+?)\r?$", RegexOptions.Multiline)
            .Select(row => (row.Groups["code"].Value, row.Groups["meaning"].Value))];
    }

    private static List<string> Blocks(string language)
        => [.. Regex.Matches(Text, $"^```{language}\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline).Select(block => block.Groups["text"].Value)];

    private static string Root([CallerFilePath] string here = "")
        => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../.."));
}
