using System.Text.RegularExpressions;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Server.Cli;
using EdgePool.Server.Cli.Documents;
using EdgePool.Server.Tests.Configuration;
using EdgePool.Server.Tests.Management;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Server.Tests.Documents;

/// <summary>The documents of cluster-config: each is understood, they apply as a whole, and what they call a default is one.</summary>
public sealed class ShippedDocumentsTests
{
    private static readonly string[] SomeLocalDomains = ["contoso.example", "chat.contoso.example"];

    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(Path.Combine(Shipped.Folder(), "documents")).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Read_ShippedFile_HasNoProblem(string file)
    {
        foreach (var document in Read(file))
        {
            Assert.Empty(DocumentReader.Read(document.View.Kind, document.View.Name, document.View.Spec.GetRawText()).Problems.Select(problem => $"{problem.Path}: {problem.What}"));
        }
    }

    [Fact]
    public void Compile_WholeDirectory_HasEveryKindAndNoProblem()
    {
        var documents = Read("");
        var compilation = PolicyCompiler.Compile(
            [.. documents.Select(document => new PolicyDocument(document.View.Kind, document.View.Name, 1, document.View.Spec.GetRawText()))],
            1,
            SomeLocalDomains.Select(DomainName.Parse));

        Assert.Empty(compilation.Problems.Where(problem => problem.Severity is ProblemSeverity.Error).Select(problem => $"{problem.Path}: {problem.What}"));
        Assert.NotNull(compilation.Snapshot);
        Assert.Equal(DocumentKinds.All.Order(StringComparer.Ordinal), documents.Select(document => document.View.Kind).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Gateway_Shipped_StatesTheDefaults()
    {
        var documents = Read("gateway.yaml");
        var policy = PolicyCompiler.Compile([new PolicyDocument("Gateway", "gateway", 1, documents[0].View.Spec.GetRawText())], 1, []).Snapshot!;

        Assert.Equal(Gateway.Default, policy.Gateway! with { Source = null });
    }

    [Fact]
    public void Partners_Shipped_NameEverySetting()
    {
        var text = Shipped.Read("documents/partners.yaml");
        var settings = typeof(PartnerDocument).GetProperties().Select(property => property.Name).Except(["Domain", "TrustText"], StringComparer.Ordinal)
            .Concat(typeof(RulesDocument).GetProperties().Select(property => property.Name))
            .Concat(typeof(RateDocument).GetProperties().Select(property => property.Name));

        Assert.All(settings, name => Assert.Matches(new Regex($@"\b{char.ToLowerInvariant(name[0])}{name[1..]}\b"), text));
    }

    [Fact]
    public async Task Apply_WholeDirectory_IsInForceAndThenUnchanged()
    {
        await using var node = new NodeFixture();
        await node.StartNodeAsync(yaml: Shipped.Read("store.yaml")
            .Replace("0.0.0.0:5269", "127.0.0.1:0", StringComparison.Ordinal)
            .Replace("127.0.0.1:23456", "127.0.0.1:0", StringComparison.Ordinal)
            .Replace("10.0.0.1:23456", "127.0.0.1:0", StringComparison.Ordinal)
            .Replace("/var/lib/edgepool }", "store }\ndns: { servers: [\"127.0.0.1:9\"] }", StringComparison.Ordinal));

        var folder = Path.Combine(Shipped.Folder(), "documents");
        var applied = await node.RunAsync("apply", "-f", folder);
        var again = await node.RunAsync("diff", "-f", folder);

        Assert.True(applied.Code == ExitCode.Success, applied.Error);
        Assert.EndsWith("12 created; version 1 is in force\n", applied.Output, StringComparison.Ordinal);
        Assert.Equal((ExitCode.Success, "12 unchanged; nothing was changed\n"), (again.Code, again.Output));
        Assert.Equal(ExitCode.Success, (await node.RunAsync("why", "anna@contoso.example", "bob@partner.example")).Code);
    }

    private static IReadOnlyList<WrittenDocument> Read(string file)
    {
        var reader = new DocumentFiles(TextReader.Null, new Progress(TextWriter.Null, TimeProvider.System));
        var documents = reader.Read([Path.Combine(Shipped.Folder(), "documents", file)]);
        Assert.Empty(reader.Problems.Select(problem => problem.ToString()));
        return documents;
    }
}
