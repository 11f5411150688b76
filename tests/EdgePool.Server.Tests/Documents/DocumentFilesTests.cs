using EdgePool.Server.Cli.Documents;
using Xunit;

namespace EdgePool.Server.Tests.Documents;

/// <summary>Each wrong line of a file with documents is told with its place, what is wrong, and what to do.</summary>
public sealed class DocumentFilesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("edgepool-documents-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("kind: Partner\nname: a.example\nspec: { saslNegotiation: Optional }\n", "Partner/a.example {\"saslNegotiation\":\"Optional\"}")]
    [InlineData("---\nkind: Gateway\nspec:\n---\n---\nkind: Organisation\nspec: {}\n...\n", "Gateway/gateway {}|Organisation/organisation {}")]
    [InlineData("{\"kind\": \"Grant\", \"name\": \"*@a.example\", \"version\": 7, \"spec\": {\"policy\": \"tag:x\"}}", "Grant/*@a.example@7 {\"policy\":\"tag:x\"}")]
    [InlineData("kind: Partner\nname: a.example\nspec: { description: \"7\", connectionLimit: 7, enabled: false, maxStanzaBytes: 64KiB }", "Partner/a.example {\"description\":\"7\",\"connectionLimit\":7,\"enabled\":false,\"maxStanzaBytes\":\"64KiB\"}")]
    public void Read_GoodFile_GivesItsDocuments(string text, string expected)
    {
        var (documents, problems) = Read(text);

        Assert.Empty(problems);
        Assert.Equal(expected, string.Join('|', documents.Select(document => $"{document.Key}{(document.View.Version is { } version ? $"@{version}" : "")} {document.View.Spec.GetRawText()}")));
    }

    [Theory]
    [InlineData("", "1:1: error: there is no document — write kind: Partner")]
    [InlineData("- a\n", "1:1: error: the document is a list — write kind, name and spec")]
    [InlineData("name: a.example\nspec: {}\n", "1:1: error: 'kind' is missing — add kind, such as kind: Partner")]
    [InlineData("kind: Partnr\nname: a.example\nspec: {}\n", "1:7: error: 'Partnr' is no kind of document — did you mean 'Partner'?")]
    [InlineData("kind: partner\nname: a.example\nspec: {}\n", "1:7: error: 'partner' is no kind of document — did you mean 'Partner'?")]
    [InlineData("kind: Partner\nspec: {}\n", "1:1: error: 'name' is missing — add name, such as name: partner.example")]
    [InlineData("kind: Partner\nname: a.example\n", "1:1: error: 'spec' is missing — write spec: and below it")]
    [InlineData("kind: Partner\nname: a.example\nspec: x\n", "3:7: error: spec is a single value — write kind")]
    [InlineData("kind: Partner\nname: a.example\nversion: new\nspec: {}\n", "3:10: error: 'new' is no version — write the number that 'edgepool get' shows")]
    [InlineData("kind: Partner\nname: a.example\nspce: {}\nspec: {}\n", "3:1: error: 'spce' is not known here — did you mean 'spec'?")]
    [InlineData("kind: Partner\nname: a.example\nspec: {}\n---\nkind: Partner\nname: a.example\nspec: {}\n", "5:1: error: Partner/a.example is already at ")]
    [InlineData("kind: Partner\nname: a.example\nspec: { a: 1, a: 2 }\n", "3:15: error: 'a' is written twice, first at line 3")]
    [InlineData("kind: Partner\nname: a.example\nspec: { trust: { ca: [none.pem] } }\n", "3:23: error: ")]
    [InlineData("kind: Partner\nname: a.example\nspec: { trust: { ca: [f.yaml] } }\n", "3:23: error: f.yaml holds no certificate in PEM — name a file")]
    [InlineData("kind: Partner\nname: a.example\nspec: {\n", "error: this is not YAML: ")]
    public void Read_WrongFile_SaysWhereAndWhatToDo(string text, string expected)
    {
        var (_, problems) = Read(text);

        Assert.Contains(problems, problem => problem.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void Read_Certificates_AreTakenIntoTheDocument()
    {
        File.WriteAllText(Path.Combine(folder, "ca.pem"), "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n");

        var (documents, problems) = Read("kind: Partner\nname: a.example\nspec: { trust: { ca: ca.pem } }\n");

        Assert.Empty(problems);
        Assert.Equal(
            "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n",
            Assert.Single(documents).View.Spec.GetProperty("trust").GetProperty("ca")[0].GetString());
    }

    [Fact]
    public void Read_Directory_TakesItsDocumentsInTheOrderOfNames()
    {
        File.WriteAllText(Path.Combine(folder, "b.yaml"), "kind: Partner\nname: b.example\nspec: {}\n");
        File.WriteAllText(Path.Combine(folder, "a.yml"), "kind: Partner\nname: a.example\nspec: {}\n");
        File.WriteAllText(Path.Combine(folder, "c.json"), "{\"kind\": \"Partner\", \"name\": \"c.example\", \"spec\": {}}");
        File.WriteAllText(Path.Combine(folder, "README.md"), "no document");
        var reader = Reader();

        var documents = reader.Read([folder]);

        Assert.Empty(reader.Problems);
        Assert.Equal(["a.example", "b.example", "c.example"], documents.Select(document => document.View.Name));
    }

    [Fact]
    public void Read_StandardInput_IsADash()
    {
        var reader = new DocumentFiles(new StringReader("kind: Gateway\nspec: {}\n"), new Progress(TextWriter.Null, TimeProvider.System));

        Assert.Equal("Gateway/gateway", Assert.Single(reader.Read(["-"])).Key);
    }

    [Fact]
    public void Read_NoFile_SaysSo()
    {
        var reader = Reader();

        Assert.Empty(reader.Read([Path.Combine(folder, "none.yaml")]));
        Assert.Contains("none.yaml: error: there is no such file — name a file or directory of documents", Assert.Single(reader.Problems).ToString(), StringComparison.Ordinal);
    }

    private (IReadOnlyList<WrittenDocument> Documents, List<string> Problems) Read(string text)
    {
        var file = Path.Combine(folder, "f.yaml");
        File.WriteAllText(file, text);
        var reader = Reader();
        return (reader.Read([file]), [.. reader.Problems.Select(problem => problem.ToString())]);
    }

    private static DocumentFiles Reader() => new(TextReader.Null, new Progress(TextWriter.Null, TimeProvider.System));
}
