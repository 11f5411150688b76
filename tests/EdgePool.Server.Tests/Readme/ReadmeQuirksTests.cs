using System.Text.RegularExpressions;
using EdgePool.Server.Tests.Configuration;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Server.Tests.Readme;

/// <summary>The table of other servers' quirks in README.md is the one in the code.</summary>
public sealed class ReadmeQuirksTests
{
    [Fact]
    public void Quirks_Table_IsTheOneOfTheCode()
    {
        var readme = File.ReadAllText(Path.Combine(Shipped.Folder(), "../README.md"));
        var section = Regex.Match(readme, "^## Other servers' quirks\n(?<text>.*?)^## ", RegexOptions.Multiline | RegexOptions.Singleline).Groups["text"].Value;
        var shown = section.Split('\n').SkipWhile(line => !line.StartsWith("|---", StringComparison.Ordinal)).Skip(1).Where(line => line.Length > 0);

        Assert.Equal(Compatibility.All.Select(Row), shown);
    }

    private static string Row(Quirk quirk)
        => $"| {quirk.Name}{(quirk.ByPartner is null ? "" : ", by `compat` alone")} | {quirk.Servers} | {Code(quirk.Tolerated)} | {Code(quirk.Never)} | {quirk.Source} |";

    // What looks like an element would not be shown.
    private static string Code(string text) => Regex.Replace(text, "<[^>]+>", "`$0`");
}
