using EdgePool.Policy.Verdicts;
using Xunit;

namespace EdgePool.Policy.Tests.Access;

/// <summary>Which access policy applies: a user's grant, else that of the domain, else the site's, else global; the winner counts whole.</summary>
public sealed class AccessPolicyTests
{
    private const string Chat = "<message type='chat'><body>x</body></message>";
    private const string Site = "{'sites': [{'name': 'berlin', 'localDomains': ['contoso.example']}]}";
    private const string Off = "{}";

    // Each level is on, off or absent; the first of user, domain, site, global that is there decides.
    [Theory]
    [InlineData("on off off off", true)]
    [InlineData("off on on on", false)]
    [InlineData("- on off off", true)]
    [InlineData("- off on on", false)]
    [InlineData("- - on off", true)]
    [InlineData("- - off on", false)]
    [InlineData("- - - on", true)]
    [InlineData("- - - off", false)]
    [InlineData("- - - -", false)]
    [InlineData("on - - -", true)]
    [InlineData("- on - -", true)]
    [InlineData("- - on -", true)]
    public void Of_Levels_TheFirstThatIsThereDecides(string levels, bool passes)
    {
        var scene = PolicyScene.Of([.. Documents(levels.Split(' '))]);

        Assert.Equal(passes ? VerdictReason.Allowed : VerdictReason.UserFederationOff, scene.FromPartner(Chat).Reason);
    }

    [Fact]
    public void Of_Winner_CountsWholeAndNothingIsMerged()
    {
        var scene = PolicyScene.Of(
            ("Partner/p.example", "{'partnerType': 'Federated'}"),
            ("AccessPolicy/global", PolicyScene.OpenAccess),
            ("AccessPolicy/tag:half", "{'enableFederationAccess': true}"),
            ("Grant/alice@contoso.example", "{'policy': 'tag:half'}"));

        Assert.Equal(VerdictReason.UserXmppOff, scene.FromPartner(Chat).Reason);
        Assert.Equal(VerdictReason.Allowed, scene.FromPartner(Chat, local: "bob@contoso.example").Reason);
    }

    [Theory]
    [InlineData("alice@contoso.example", VerdictReason.Allowed)]
    [InlineData("ALICE@CONTOSO.example/desk", VerdictReason.Allowed)]
    [InlineData("\uFF21lice@contoso.example", VerdictReason.Allowed)]
    [InlineData("alicf@contoso.example", VerdictReason.UserFederationOff)]
    [InlineData("alice@bücher.example", VerdictReason.UserFederationOff)]
    [InlineData("contoso.example", VerdictReason.UserFederationOff)]
    public void Of_UserGrant_IsForThatUserInEverySpelling(string user, VerdictReason reason)
        => Assert.Equal(reason, Granted("Grant/alice@contoso.example").FromPartner(Chat, local: user).Reason);

    [Theory]
    [InlineData("alice@bücher.example", VerdictReason.Allowed)]
    [InlineData("alice@xn--bcher-kva.example", VerdictReason.Allowed)]
    [InlineData("bücher.example", VerdictReason.Allowed)]
    [InlineData("alice@contoso.example", VerdictReason.UserFederationOff)]
    [InlineData("alice@sub.bücher.example", VerdictReason.UserFederationOff)]
    public void Of_DomainGrant_IsForAllOfThatDomain(string user, VerdictReason reason)
        => Assert.Equal(reason, Granted("Grant/*@BÜCHER.example").FromPartner(Chat, local: user).Reason);

    private static PolicyScene Granted(string grant) => PolicyScene.Of(
        ("Partner/p.example", "{'partnerType': 'Federated'}"),
        ("AccessPolicy/tag:t", PolicyScene.OpenAccess),
        (grant, "{'policy': 'tag:t'}"));

    private static IEnumerable<(string Path, string Body)> Documents(string[] levels)
    {
        yield return ("Partner/p.example", "{'partnerType': 'Federated'}");
        yield return ("Organisation/organisation", Site);
        yield return ("AccessPolicy/tag:on", PolicyScene.OpenAccess);
        yield return ("AccessPolicy/tag:off", Off);
        if (levels[0] != "-")
            yield return ("Grant/alice@contoso.example", $"{{'policy': 'tag:{levels[0]}'}}");
        if (levels[1] != "-")
            yield return ("Grant/*@contoso.example", $"{{'policy': 'tag:{levels[1]}'}}");
        if (levels[2] != "-")
            yield return ("AccessPolicy/site:berlin", levels[2] == "on" ? PolicyScene.OpenAccess : Off);
        if (levels[3] != "-")
            yield return ("AccessPolicy/global", levels[3] == "on" ? PolicyScene.OpenAccess : Off);
    }
}
