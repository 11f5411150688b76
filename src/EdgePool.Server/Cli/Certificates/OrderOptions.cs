using System.CommandLine;
using System.CommandLine.Parsing;
using EdgePool.Server.Certificates;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Server.Cli.Certificates;

/// <summary>The options of <c>edgepool cert request</c> that say what is asked for. Their values are also what the wizard proposes.</summary>
internal sealed class OrderOptions
{
    private readonly Option<string?> name = Text(
        "--name",
        "Friendly name of the request, the stem of its files. Default: the first domain and the day.",
        "NAME");
    private readonly Option<KeyKind> key = new("--key-type", "-k")
    {
        Description = "rsa2048 (default), rsa3072, rsa4096, p256, p384.",
        HelpName = "KIND",
        CustomParser = Kind,
    };

    private readonly Option<string[]> domains = Many("--domain", "A domain to prove, beside those of --config. May be given again.", "DOMAIN");
    private readonly Option<string[]> further = Many("--san", "A further dNSName, such as the host edge.contoso.example. May be given again.", "NAME");
    private readonly Option<bool> sip = new("--sip") { Description = "Ask for sip.DOMAIN as well, for each domain." };
    private readonly Option<bool> dnsOnly = new("--dns-only")
    {
        Description = "No SRVName and no xmppAddr: for authorities that refuse what they do not know.",
    };
    private readonly Option<bool> serverOnly = new("--server-only") { Description = "Ask for serverAuth alone, without clientAuth." };
    private readonly Option<string?> commonName = Text("--common-name", "CN. Default: the first name.", "TEXT");
    private readonly Option<string?> organisation = Text("--organisation", "O.", "TEXT");
    private readonly Option<string?> unit = Text("--unit", "OU.", "TEXT");
    private readonly Option<string?> country = Text("--country", "C, two letters.", "CODE");
    private readonly Option<string?> state = Text("--state", "ST.", "TEXT");
    private readonly Option<string?> city = Text("--city", "L.", "TEXT");

    /// <summary>Adds all of them.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { name, key, domains, further, sip, dnsOnly, serverOnly, commonName, organisation, unit, country, state, city })
        {
            command.Add(option);
        }
    }

    /// <summary>The form as the options fill it in, with the domains of a node's file before those of the options.</summary>
    public OrderForm Form(ParseResult result, IEnumerable<DomainName> ofNode) => new()
    {
        Name = result.GetValue(name),
        Key = result.GetValue(key),
        Domains = [.. ofNode.Concat((result.GetValue(domains) ?? []).Select(DomainName.Parse)).Distinct()],
        Further = result.GetValue(further) ?? [],
        Sip = result.GetValue(sip),
        XmppNames = !result.GetValue(dnsOnly),
        ClientAuth = !result.GetValue(serverOnly),
        Subject = new SubjectFields
        {
            CommonName = result.GetValue(commonName),
            Organisation = result.GetValue(organisation),
            Unit = result.GetValue(unit),
            Country = result.GetValue(country),
            State = result.GetValue(state),
            City = result.GetValue(city),
        },
    };

    /// <summary>Domains are parsed when the form is made, so that they must be good before.</summary>
    public OrderOptions()
        => domains.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !DomainName.TryParse(token.Value, out _)))
            {
                result.AddError($"--domain: '{Configuration.Shown.Of(token.Value)}' is not a domain name");
            }
        });

    private static KeyKind Kind(ArgumentResult parsed)
    {
        if (Keys.Words.TryGetValue(parsed.Tokens[0].Value, out var kind))
        {
            return kind;
        }

        parsed.AddError("--key-type takes one of " + string.Join(", ", Keys.Words.Keys));
        return default;
    }

    private static Option<string?> Text(string name, string description, string value) => new(name) { Description = description, HelpName = value };

    private static Option<string[]> Many(string name, string description, string value) => new(name)
    {
        Description = description,
        HelpName = value,
        AllowMultipleArgumentsPerToken = false,
    };
}
