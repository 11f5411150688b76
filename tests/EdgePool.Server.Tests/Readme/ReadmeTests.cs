using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using EdgePool.Policy.Documents;
using EdgePool.Server.Cli;
using EdgePool.Server.Cli.Documents;
using EdgePool.Server.Demo;
using EdgePool.Server.Tests.Configuration;
using Xunit;

namespace EdgePool.Server.Tests.Readme;

/// <summary>What README.md shows works as it is written there.</summary>
public sealed class ReadmeTests : IDisposable
{
    private static readonly string Text = File.ReadAllText(Path.Combine(Root(), "README.md"));

    private readonly ConfigurationFolder folder = new();

    public static TheoryData<int> Examples => [.. Enumerable.Range(0, Nodes().Count)];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Examples))]
    public void Yaml_EachExample_LoadsWithoutAProblem(int example)
    {
        var result = folder.Load(Nodes()[example]);

        Assert.Empty(result.Problems.Select(problem => problem.ToString()));
        Assert.NotNull(result.Options);
    }

    [Fact]
    public void Yaml_Examples_AreThere() => Assert.True(Nodes().Count >= 3 && Documents().Count >= 1);

    [Fact]
    public void Documents_EachExample_IsUnderstood()
    {
        foreach (var text in Documents())
        {
            var reader = new DocumentFiles(new StringReader(text), new Progress(TextWriter.Null, TimeProvider.System));
            var documents = reader.Read([DocumentFiles.StandardInput]);

            Assert.Empty(reader.Problems.Select(problem => problem.ToString()));
            Assert.All(documents, document => Assert.Empty(DocumentReader.Read(document.View.Kind, document.View.Name, document.View.Spec.GetRawText()).Problems));
        }
    }

    [Fact]
    public async Task Commands_ThatAreShown_AreUnderstood()
    {
        var lines = Regex.Matches(Text, @"^    (?<line>edgepool (?!run|check|cert|dialback|probe|cluster join|cluster migrate|cluster secrets init|topology validate)[^\n]+?)(?:  .*)?$", RegexOptions.Multiline).Select(line => line.Groups["line"].Value.Split(" > ")[0]).ToList();
        Assert.True(lines.Count >= 9);
        foreach (var line in lines)
        {
            var words = Regex.Matches(line, "\"[^\"]*\"|\\S+").Select(word => word.Value.Trim('"')).Skip(1);
            using var error = new StringWriter();
            var code = await CommandLine.RunAsync(
                line.Contains(" validate ", StringComparison.Ordinal) ? [.. words] : [.. words, "--socket", "/nowhere/edgepool.sock"], DemoRun.HandleAsync, new InvocationConfiguration { Output = TextWriter.Null, Error = error });

            // Understood, and then there is no node, or no such file.
            Assert.True(code is ExitCode.Unavailable or ExitCode.NoConfiguration, line + ": " + error);
        }
    }

    [Fact]
    public async Task Probe_ThatIsShown_IsUnderstood()
    {
        var lines = Regex.Matches(Text, @"^    edgepool (?<words>probe [^\n]+?)(?:  .*)?$", RegexOptions.Multiline);
        Assert.NotEmpty(lines);
        foreach (Match line in lines)
        {
            using var error = new StringWriter();
            var code = await CommandLine.RunAsync(
                [.. line.Groups["words"].Value.Replace("-c /etc/edgepool/edgepool.yaml", "", StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries), "--config", "/nowhere/edgepool.yaml"], DemoRun.HandleAsync, new InvocationConfiguration { Output = TextWriter.Null, Error = error });

            // Understood, and then there is no such file.
            Assert.True(code is ExitCode.NoConfiguration, line.Value + ": " + error);
        }
    }

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
        var described = Regex.Matches(Text, "^\\| (?<names>[a-zA-Z0-9, ]+) \\| .+ \\|$", RegexOptions.Multiline).SelectMany(row => row.Groups["names"].Value.Split(", ")).ToHashSet();
        Assert.All(result.EnumerateObject().Select(field => field.Name), name => Assert.Contains(name, described));
        Assert.All(
            ["takeoverMillis", "returnMillis", "accepted", "delivered", "bounced", "duplicated", "dropped", "inFlight", "stanzasPerSecond", "p50Micros", "p99Micros"],
            name => Assert.True(result.GetProperty(name).GetDouble() >= 0, name));
        Assert.Equal(0, result.GetProperty("lostInSilence").GetInt64());
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

    private static List<string> Nodes() => [.. Blocks("yaml").Where(text => !text.StartsWith("kind:", StringComparison.Ordinal))];

    private static List<string> Documents() => [.. Blocks("yaml").Where(text => text.StartsWith("kind:", StringComparison.Ordinal))];

    private static List<string> Blocks(string language)
        => [.. Regex.Matches(Text, $"^```{language}\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline).Select(block => block.Groups["text"].Value)];

    private static string Root([CallerFilePath] string here = "")
        => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../.."));
}
