using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Xmpp.Tests.Streams;

/// <summary>The table of quirks, held against the source: <c>COMPAT: name</c> marks a place in src, <c>Trait("compat", "name")</c> a test.</summary>
public sealed partial class CompatibilityTests
{
    private static readonly string[] Names = [.. Compatibility.All.Select(q => q.Name)];

    [Fact]
    public void Table_Names_AreSortedAndUnique() => Assert.Equal(Names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), Names);

    [Fact]
    public void Table_Entries_AreComplete() => Assert.All(Compatibility.All, quirk =>
    {
        Assert.Matches("^[a-z]+(-[a-z]+)+$", quirk.Name);
        Assert.All([quirk.Servers, quirk.Tolerated, quirk.Never, quirk.Source], text => Assert.InRange(text.Trim('|').Length, 10, 160));
    });

    [Fact]
    public void Table_QuirksOfPartners_AreNamedAsTheyAreWritten()
        => Assert.All(Enum.GetValues<PartnerQuirk>(), quirk => Assert.Equal(Compatibility.NameOf(quirk), Compatibility.Of(quirk).Name));

    [Fact]
    public void Source_EachPlace_HasAnEntryAndEachEntryAPlace()
        => Assert.Equal(Names, In("src", Place()).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    [Fact]
    public void Tests_EachTest_HasAnEntryAndEachEntryATest()
        => Assert.Equal(Names, In("tests", Test()).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    private static IEnumerable<string> In(string folder, Regex pattern) => Directory.EnumerateFiles(Path.Combine(Root(), folder), "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"))
        .SelectMany(file => pattern.Matches(File.ReadAllText(file, Encoding.UTF8)).Select(match => match.Groups["name"].Value));

    private static string Root([CallerFilePath] string file = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "../../.."));

    [GeneratedRegex(@"// COMPAT:(?: (?<name>[a-z]+(?:-[a-z]+)+)(?=\.|\s))?")]
    private static partial Regex Place();

    [GeneratedRegex("^ *\\[Trait\\(\"compat\", \"(?<name>[^\"]*)\"\\)\\]", RegexOptions.Multiline)]
    private static partial Regex Test();
}
