using EdgePool.Server.Certificates;
using EdgePool.Server.Cli.Certificates;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Server.Tests.Certificates;

public sealed class RequestWizardTests
{
    private static readonly DateTimeOffset Today = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly OrderForm Proposed = new() { Domains = [DomainName.Parse("contoso.example"), DomainName.Parse("bücher.example")] };

    [Fact]
    public void Ask_EnterThroughout_TakesWhatIsProposed()
    {
        var console = new ScriptedConsole("", "", "", "", "", "", "", "", "", "", "", "", "");

        var form = RequestWizard.Ask(console, Proposed, Today)!;

        Assert.True(console.IsAnswered);
        Assert.Equal(Proposed.Domains, form.Domains);
        Assert.Equal(("contoso.example-2026-11-21", KeyKind.Rsa2048, new SubjectFields(), false, true, true), (form.Name, form.Key, form.Subject, form.Sip, form.XmppNames, form.ClientAuth));
        Assert.Empty(form.Further);
        Assert.Contains("XMPP:bücher.example", console.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Ask_Answers_AreTaken()
    {
        var console = new ScriptedConsole(
            "contoso.example, other.example", "Edge 2026", "p384", "Contoso", "IM", "GB", "Kent", "Dover", "y", "n", "edge.contoso.example mail.contoso.example", "n", "y");

        var form = RequestWizard.Ask(console, Proposed, Today)!;

        Assert.Equal(["contoso.example", "other.example"], form.Domains.Select(domain => domain.Ascii));
        Assert.Equal(new SubjectFields { Organisation = "Contoso", Unit = "IM", Country = "GB", State = "Kent", City = "Dover" }, form.Subject);
        Assert.Equal(("Edge 2026", KeyKind.P384, true, false, false), (form.Name, form.Key, form.Sip, form.XmppNames, form.ClientAuth));
        Assert.Equal(["edge.contoso.example", "mail.contoso.example"], form.Further);
        Assert.Equal("Edge-2026", form.TryOrder(Today, out _)!.Name);
    }

    [Fact]
    public void Ask_WrongAnswers_AreAskedAgain()
    {
        var console = new ScriptedConsole("a..b", "a.example", "", "dsa", "p256", "", "", "", "", "", "", "", "", "", "");

        var form = RequestWizard.Ask(console, Proposed with { Domains = [] }, Today)!;

        Assert.Contains("'a..b' is not a domain name", console.Text, StringComparison.Ordinal);
        Assert.Equal((KeyKind.P256, "a.example"), (form.Key, Assert.Single(form.Domains).Ascii));
    }

    [Theory]
    [InlineData("GB", "n")]
    [InlineData("GBR")]
    public void Ask_RefusedOrImpossible_GivesNothing(string country, params string[] last)
    {
        var console = new ScriptedConsole(["", "", "", "", "", country, "", "", "", "", "", "", .. last]);

        Assert.Null(RequestWizard.Ask(console, Proposed, Today));
        Assert.True(console.IsAnswered);
    }
}
