using System.Globalization;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Policy.Tests.Partners;

/// <summary>A compilation that takes over what has not changed gives what one from nothing gives.</summary>
public sealed class IncrementalCompilationTests
{
    private static readonly string[] Modes = ["Required", "Optional", "NotSupported"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Compile_RandomEdits_EqualCompilationsFromNothing(int seed)
    {
        var random = new Random(seed);
        var documents = new List<PolicyDocument>();
        PolicySnapshot? inForce = null;
        for (var version = 1; version <= 400; version++)
        {
            var before = documents.ToList();
            for (var edits = random.Next(3); edits >= 0; edits--)
                Edit(documents, random, version);
            var fresh = PolicyCompiler.Compile(documents, version, PolicyScene.LocalDomains);
            var next = PolicyCompiler.Compile(documents, version, PolicyScene.LocalDomains, inForce);

            Assert.Equal(Shown(fresh), Shown(next));
            AssertMethodsAreTheMatrixs(next.Snapshot, documents);
            inForce = next.Snapshot ?? inForce;
            documents = next.Snapshot is null ? before : documents;
        }

        Assert.True(inForce!.Partners.Count > 5);
    }

    [Fact]
    public void Compile_OneOfManyChanged_TakesTheOthersOver()
    {
        var documents = Enumerable.Range(0, 1_000).Select(n => new PolicyDocument(DocumentKinds.Partner, $"p{n}.example", 1, "{}")).ToList();
        var first = PolicyCompiler.Compile(documents, 1, []).Snapshot!;
        documents[500] = documents[500] with { Version = 2, Body = "{\"enabled\":false}" };

        var second = PolicyCompiler.Compile(documents, 2, [], first).Snapshot!;
        documents.Reverse();
        var third = PolicyCompiler.Compile(documents, 3, [], second).Snapshot!;

        Assert.Equal([500], Enumerable.Range(0, 1_000).Where(n => !ReferenceEquals(first.Partners[n], second.Partners[n])));
        Assert.Equal((3, false), (third.Version, third.Find("p500.example"u8)!.Enabled));
        Assert.InRange(Enumerable.Range(0, 1_000).Count(n => ReferenceEquals(second.Partners[n], third.Partners[999 - n])), 900, 1_000);
    }

    [Fact]
    public void Compile_SameVersionOtherBody_IsNotTakenOver()
    {
        var first = PolicyCompiler.Compile([new PolicyDocument(DocumentKinds.Partner, "p.example", 1, "{}")], 1, []).Snapshot!;

        var second = PolicyCompiler.Compile([new PolicyDocument(DocumentKinds.Partner, "p.example", 1, "{\"enabled\":false}")], 1, [], first).Snapshot!;

        Assert.False(second.Partners[0].Enabled);
    }

    [Fact]
    public void Compile_PreviousOfTheNodesFile_LeavesNothingOfIt()
    {
        var file = PolicyCompiler.Compile([new PartnerDocument { Domain = "p.example" }], []).Snapshot!;

        Assert.Empty(PolicyCompiler.Compile([], 1, [], file).Snapshot!.Partners);
    }

    [Fact]
    public void Compile_OtherLocalDomains_AreChecked()
    {
        PolicyDocument[] documents = [new(DocumentKinds.Partner, "p.example", 1, "{}")];
        var first = PolicyCompiler.Compile(documents, 1, []).Snapshot!;

        Assert.Null(PolicyCompiler.Compile(documents, 2, [DomainName.Parse("p.example")], first).Snapshot);
    }

    /// <summary>No sequence of edits gives a partner a method that the matrix does not give its document.</summary>
    private static void AssertMethodsAreTheMatrixs(PolicySnapshot? snapshot, List<PolicyDocument> documents)
    {
        foreach (var partner in snapshot?.Partners ?? [])
        {
            var document = documents.Single(document => document.Kind == DocumentKinds.Partner && document.Name == partner.Name);
            var written = Assert.IsType<PartnerDocument>(DocumentReader.Read(document.Kind, document.Name, document.Body).Written);
            var ruling = NegotiationMatrix.Rule(new NegotiationChoice(
                written.TlsNegotiation!.Value, written.SaslNegotiation!.Value, written.SupportDialback!.Value, written.LyncCompat!.Value));
            Assert.Equal(ruling.Methods, partner.Terms.Methods);
            Assert.NotEqual(AuthenticationMethods.None, partner.Terms.Methods);
        }
    }

    private static void Edit(List<PolicyDocument> documents, Random random, int version)
    {
        var (kind, name, body) = random.Next(8) switch
        {
            0 => (DocumentKinds.AccessPolicy, $"tag:t{random.Next(4)}", $"{{\"enableXmppAccess\":{(random.Next(2) == 0 ? "true" : "false")}}}"),
            1 => (DocumentKinds.Grant, $"u{random.Next(6)}@contoso.example", $"{{\"policy\":\"tag:t{random.Next(4)}\"}}"),
            2 => (DocumentKinds.Gateway, "gateway", $"{{\"connectionLimit\":{random.Next(1, 100)}}}"),
            3 => (DocumentKinds.Organisation, "organisation", $"{{\"sites\":[{{\"name\":\"s\",\"localDomains\":[\"l{random.Next(3)}.example\"]}}]}}"),
            _ => (DocumentKinds.Partner, $"p{random.Next(20)}.example", Partner(random)),
        };
        var index = documents.FindIndex(document => document.Kind == kind && document.Name == name);
        if (index >= 0)
            documents.RemoveAt(index);
        if (index < 0 || random.Next(4) != 0)
            documents.Insert(random.Next(documents.Count + 1), new PolicyDocument(kind, name, version, body));
        if (random.Next(20) == 0)
            documents.Reverse();
    }

    private static string Partner(Random random)
    {
        var additional = random.Next(4) == 0 ? $"\"additionalDomains\":[\"p{random.Next(25)}.example\",\"l{random.Next(3)}.example\"]," : "";
        var choice = $"\"tlsNegotiation\":\"{Modes[random.Next(3)]}\",\"saslNegotiation\":\"{Modes[random.Next(3)]}\"";
        var flags = $"\"supportDialback\":{(random.Next(3) > 0 ? "true" : "false")},\"lyncCompat\":{(random.Next(2) == 0 ? "true" : "false")}";
        return $"{{{additional}{choice},{flags}}}";
    }

    private static string Shown(PolicyCompilation compilation)
    {
        var problems = string.Join('\n', compilation.Problems);
        if (compilation.Snapshot is not { } snapshot)
            return problems;
        var partners = snapshot.Partners.Select(partner => $"{partner} {string.Join(',', partner.AdditionalDomains)} {partner.Terms} {partner.Source!.Version}");
        var found = Enumerable.Range(0, 25).Select(n => snapshot.Find(DomainName.Parse($"p{n}.example"))?.Name ?? "-");
        var why = Enumerable.Range(0, 6).Select(n => string.Join(
            '|', snapshot.Explain(Jid.Parse("bob@p1.example"), Jid.Parse($"u{n}@contoso.example"), Xmpp.Stanzas.StanzaKind.Message, Policy.Verdicts.NoConsents.Instance).Parts));
        var facts = partners.Concat(found).Concat(why).Append(snapshot.Gateway!.ConnectionLimit.ToString(CultureInfo.InvariantCulture)).Append(snapshot.IsLocal(DomainName.Parse("l1.example")).ToString());
        return problems + "\n" + string.Join('\n', facts);
    }
}
