using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Embedded;
using EdgePool.Server.Cli;
using EdgePool.Server.Tests.Management;
using Xunit;

namespace EdgePool.Server.Tests.Policies;

/// <summary>Operators see and revoke what local users have consented to.</summary>
public sealed class ConsentCommandTests
{
    private static readonly DateTimeOffset Since = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task List_OfOnePartner_ShowsItsConsents()
    {
        await using var node = await WithAsync(new Consent("anna@contoso.example", "zoe@public.example", "public.example", Since), new Consent("bert@contoso.example", "x@other.example", "other.example", Since));

        Assert.Equal(
            "USER                  CONTACT             PARTNER         SINCE\nanna@contoso.example  zoe@public.example  public.example  2026-06-01 12:00:00Z\n",
            (await node.RunAsync("consent", "list", "public.example")).Output);
        Assert.Contains("\"total\": 2", (await node.RunAsync("consent", "list", "--json")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Revoke_Consent_IsInForceAtOnceAndForGood()
    {
        await using var node = await WithAsync(new Consent("anna@contoso.example", "zoe@public.example", "public.example", Since));
        var before = await node.RunAsync("why", "zoe@public.example", "anna@contoso.example");

        var revoked = await node.RunAsync("consent", "revoke", "Anna@contoso.example", "zoe@public.example");
        var after = await node.RunAsync("why", "zoe@public.example", "anna@contoso.example");
        await node.StopNodeAsync();
        await node.StartNodeAsync();

        Assert.Equal(ExitCode.Success, before.Code);
        Assert.Equal((ExitCode.Success, "zoe@public.example does not reach Anna@contoso.example any more\n", ""), revoked);
        Assert.Contains("refused: the partner is public and unverified, and the local user has not taken up contact with this address", after.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("zoe", (await node.RunAsync("consent", "list")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("consent revoke zoe@public.example anna@contoso.example", "zoe@public.example has no consent to hear from anna@contoso.example — 'edgepool consent list'")]
    [InlineData("consent revoke @@ x", "@@ has no consent to hear from x")]
    public async Task Revoke_NothingThere_SaysSoAndExits1(string line, string expected)
    {
        await using var node = await WithAsync(new Consent("anna@contoso.example", "zoe@public.example", "public.example", Since));

        var (code, _, error) = await node.RunAsync(line.Split(' '));

        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ListAndExport_MoreThanAPage_HaveEachConsentOnce()
    {
        var consents = Enumerable.Range(0, 2_500).Select(i => new Consent($"u{i:D4}@contoso.example", "zoe@public.example", "public.example", Since)).ToArray();
        await using var node = await WithAsync(consents);

        var list = (await node.RunAsync("consent", "list")).Output;
        var export = (await node.RunAsync("consent", "export", "public.example")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.All(consents, consent => Assert.Contains($"\n{consent.Local}  ", list, StringComparison.Ordinal));
        Assert.Equal(consents.Select(consent => $$"""{"local":"{{consent.Local}}","remote":"zoe@public.example","partner":"public.example","since":"2026-06-01T12:00:00+00:00"}"""), export);
    }

    private static async Task<NodeFixture> WithAsync(params Consent[] consents)
    {
        var node = new NodeFixture();
        var options = new EmbeddedStoreOptions { Path = Path.Combine(node.Folder.Path, "store", "store.db") };
        await using (var store = await EmbeddedStore.OpenAsync(options, TimeProvider.System))
        {
            Assert.Null(await store.AppendAsync([.. consents.Select(consent => new ConsentChange.Given(consent))], CancellationToken.None));
        }

        await node.StartNodeAsync();
        await node.RunAsync("policy", "set", "global", "--enable-federation-access", "--enable-xmpp-access", "--enable-public-cloud-access");
        await node.RunAsync("partner", "add", "public.example", "--partner-type", "PublicUnverified");
        return node;
    }
}
