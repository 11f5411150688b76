using System.Xml.Linq;
using EdgePool.Interop.Tests.Operators;
using EdgePool.Interop.Tests.Partners;

namespace EdgePool.Interop.Tests.BackEnds;

/// <summary>
/// What a partner's user learns of who exists behind the edge (POLICY.md section 4): nothing where policy or the lack of consent refuses, whatever the internal
/// server would have said, for it is not asked. Whom policy lets through, the internal server answers itself.
/// </summary>
public sealed class UniformAnswerTests
{
    private const string Partner = InternalScenario.PartnerDomain;
    private const string Bob = "bob@" + InternalScenario.LocalDomainName;
    private const string Ghost = "ghost@" + InternalScenario.LocalDomainName;
    private const int Connecting = 1001;

    private static readonly string[] Requests = ["jabber:iq:version", "http://jabber.org/protocol/disco#info", "jabber:iq:last", "vcard-temp"];

    [Theory]
    [InlineData(ServerKind.Prosody)]
    [InlineData(ServerKind.Ejabberd)]
    public async Task Refused_ExistingOrNot_IsTheSameAnswerAndTheInternalServerIsNotAsked(ServerKind inside)
    {
        var store = Directory.CreateTempSubdirectory("edgepool-store-").FullName;
        try
        {
            await using var scenario = await InternalScenario.StartAsync(ServerKind.Prosody, inside, InternalProof.Dialback, store);
            var command = new EdgeOperator(Path.Combine(store, "edgepool.sock"));

            // Refused by the users' access policy: nobody may federate yet.
            await command.DoAsync($"partner add {Partner} --partner-type Federated");
            await AssertSameAsync(scenario);

            // Without the consent of the local user.
            await command.DoAsync($"partner set {Partner} --partner-type PublicUnverified");
            await command.DoAsync("policy set global --enable-federation-access --enable-xmpp-access --enable-public-cloud-access");
            await AssertSameAsync(scenario);
            Assert.DoesNotContain(scenario.Edge.Events, e => e.Id == Connecting && e["pair"] == $"{Partner}-{InternalScenario.LocalDomainName}");

            // Allowed: the internal server answers.
            await command.DoAsync($"partner set {Partner} --partner-type Federated");
            await scenario.Alice.SendAsync($"<message to='{scenario.Bob.Jid}' type='chat'><body>to the inside</body></message>");
            await scenario.Bob.WaitForAsync($"message[@from='{scenario.Alice.Jid}']/body[.='to the inside']");
            await scenario.Alice.SendAsync($"<message to='{Ghost}' type='chat' id='nobody'><body>to nobody</body></message>");
            await scenario.Alice.WaitForAsync($"message[@type='error' and @id='nobody' and @from='{Ghost}']");
            var account = await scenario.Edge.StopAsync();
            Assert.True(account is { Balances: true, InFlight: 0 }, account.ToString());
        }
        finally
        {
            Directory.Delete(store, recursive: true);
        }
    }

    private static async Task AssertSameAsync(InternalScenario scenario)
    {
        var ofBob = await AnswersAsync(scenario, Bob);
        var ofGhost = await AnswersAsync(scenario, Ghost);

        Assert.Equal(ofBob, ofGhost);
        Assert.Equal(Requests.Length + 1, ofBob.Count); // each request and the message; presence has no answer
        Assert.All(ofBob, answer => Assert.Contains("<service-unavailable ", answer, StringComparison.Ordinal));
    }

    /// <summary>Every answer from a local address to all that a stranger may try, as it came, but for that address.</summary>
    private static async Task<List<string>> AnswersAsync(InternalScenario scenario, string local)
    {
        var alice = scenario.Alice;
        await AskDomainAsync(scenario, "ready"); // on a stream that is just opened, Prosody changes the order
        await alice.WaitForAsync("iq[@id='ready']");
        await alice.SendAsync($"<message to='{local}' type='chat' id='message'><body>are you there?</body></message>");
        await alice.SendAsync($"<presence to='{local}' type='subscribe' id='subscribe'/><presence to='{local}' type='probe' id='probe'/><presence to='{local}' id='shown'/>");
        foreach (var request in Requests)
            await alice.SendAsync($"<iq to='{local}' type='get' id='{request}'><{(request == "vcard-temp" ? "vCard" : "query")} xmlns='{request}'/></iq>");
        await AskDomainAsync(scenario, "fence");

        var answers = new List<string>();
        while (true)
        {
            var stanza = await alice.ReceiveAsync();
            if (stanza.Attribute("id")?.Value == "fence")
                return answers;
            if (stanza.Attribute("from")?.Value.EndsWith(InternalScenario.LocalDomainName, StringComparison.Ordinal) == true)
                answers.Add(stanza.ToString(SaveOptions.DisableFormatting).Replace(local, "somebody", StringComparison.Ordinal));
        }
    }

    private static Task AskDomainAsync(InternalScenario scenario, string id)
        => scenario.Alice.SendAsync($"<iq to='{InternalScenario.LocalDomainName}' type='get' id='{id}'><ping xmlns='urn:xmpp:ping'/></iq>");
}
