using System.CommandLine;
using System.Text.RegularExpressions;
using EdgePool.Server.Cli;
using EdgePool.Server.Demo;
using EdgePool.Server.Tests.Configuration;
using Xunit;

namespace EdgePool.Server.Tests.Readme;

/// <summary>What cluster-config/README.md shows is there.</summary>
public sealed class ClusterReadmeTests
{
    private static readonly string Text = Shipped.Read("README.md");

    [Fact]
    public void Paths_AllThatAreNamed_Exist()
    {
        var links = Regex.Matches(Text, @"\]\((?<path>[^)#:]+)\)").Select(link => link.Groups["path"].Value).ToList();

        Assert.True(links.Count > 5);
        Assert.All(links, path => Assert.True(Path.Exists(Path.Combine(Shipped.Folder(), path)), path));
    }

    [Fact]
    public async Task Commands_ThatAreShown_AreUnderstood()
    {
        var lines = Regex.Matches(Text, @"^    edgepool (?<words>[^\n#]+?) *(?:#.*)?$", RegexOptions.Multiline).Select(line => line.Groups["words"].Value).ToList();
        Assert.True(lines.Count >= 5);
        foreach (var line in lines)
        {
            using var error = new StringWriter();
            var words = line.Replace("-c ", "-c /nowhere/", StringComparison.Ordinal).Split(' ');
            string[] nowhere = words.Contains("-c") ? [] : ["--socket", "/nowhere/edgepool.sock"];
            var code = await CommandLine.RunAsync([.. words, .. nowhere], DemoRun.HandleAsync, new InvocationConfiguration { Output = TextWriter.Null, Error = error });

            // Understood, and then there is no node, or no such file.
            Assert.True(code is ExitCode.Unavailable or ExitCode.NoConfiguration, line + ": " + error);
        }
    }

    // The role that it gives nodes is for the prefix that the shipped nodes have.
    [Fact]
    public void Role_OfNodes_IsForTheShippedPrefix()
    {
        Assert.Contains("grant-permission edgepool --prefix=true readwrite /edgepool/\n", Text, StringComparison.Ordinal);
        Assert.Contains("# prefix: /edgepool/ ", Shipped.Read("pool/edge-1.yaml"), StringComparison.Ordinal);
    }
}
