using EdgePool.Server.Certificates;
using EdgePool.Xmpp.Addressing;
using Spectre.Console;

namespace EdgePool.Server.Cli.Certificates;

/// <summary>
/// Asks for everything that a request says, in the order of Lync Server's certificate wizard: friendly name, key, organisation, place, names. What the options
/// and the node's file say already is proposed; Enter takes it.
/// </summary>
internal static class RequestWizard
{
    /// <summary>The form as answered; null: the operator does not want it after all.</summary>
    public static OrderForm? Ask(IAnsiConsole console, OrderForm proposed, DateTimeOffset today)
    {
        console.WriteLine("A new certificate request. Enter takes what stands in parentheses; '-' leaves a field empty.");
        var domains = Domains(console, proposed.Domains);
        var form = proposed with { Domains = domains };
        form = form with { Name = Text(console, "Friendly name (the stem of the files)", form.Name ?? form.DefaultName(today)) };
        form = form with { Key = Key(console, form.Key), Subject = Subject(console, form.Subject) };
        form = form with
        {
            Sip = console.Confirm("Add sip.DOMAIN for each domain?", form.Sip),
            XmppNames = console.Confirm("Add the XMPP names (SRVName, xmppAddr)? Public authorities leave them out", form.XmppNames),
            Further = Further(console, form.Further),
            ClientAuth = console.Confirm("Ask for clientAuth too? Public authorities leave it out", form.ClientAuth),
        };
        return Agreed(console, form, today) ? form : null;
    }

    private static IReadOnlyList<DomainName> Domains(IAnsiConsole console, IReadOnlyList<DomainName> proposed)
    {
        var prompt = new TextPrompt<string>("Domains to prove, separated by spaces").Validate(
            text => Words(text).FirstOrDefault(word => !DomainName.TryParse(word, out _)) is { } wrong
                ? ValidationResult.Error($"'{Markup.Escape(wrong)}' is not a domain name")
                : ValidationResult.Success());
        if (proposed.Count > 0)
        {
            prompt.DefaultValue(string.Join(' ', proposed.Select(domain => domain.Unicode)));
        }

        return [.. Words(console.Prompt(prompt)).Select(DomainName.Parse).Distinct()];
    }

    private static KeyKind Key(IAnsiConsole console, KeyKind proposed)
    {
        var word = console.Prompt(new TextPrompt<string>("Key")
            .AddChoices(Keys.Words.Keys)
            .DefaultValue(Keys.Words.First(known => known.Value == proposed).Key));
        return Keys.Words[word];
    }

    private static SubjectFields Subject(IAnsiConsole console, SubjectFields proposed) => proposed with
    {
        Organisation = Optional(console, "Organisation", proposed.Organisation),
        Unit = Optional(console, "Unit", proposed.Unit),
        Country = Optional(console, "Country, two letters", proposed.Country),
        State = Optional(console, "State or county", proposed.State),
        City = Optional(console, "City", proposed.City),
    };

    private static string? Optional(IAnsiConsole console, string question, string? proposed)
        => Text(console, question, proposed ?? "-") is var answer && string.Equals(answer, "-", StringComparison.Ordinal) ? null : answer;

    private static string Text(IAnsiConsole console, string question, string proposed) => console.Prompt(new TextPrompt<string>(question).DefaultValue(proposed)).Trim();

    private static string[] Further(IAnsiConsole console, IReadOnlyList<string> proposed)
        => Optional(console, "Further host names, separated by spaces", proposed.Count == 0 ? null : string.Join(' ', proposed)) is { } answer ? Words(answer) : [];

    /// <summary>Shows what will be asked for, and asks whether it is so.</summary>
    private static bool Agreed(IAnsiConsole console, OrderForm form, DateTimeOffset today)
    {
        if (form.TryOrder(today, out var problems) is not { } order)
        {
            foreach (var problem in problems)
            {
                console.WriteLine(problem.ToString());
            }

            return false;
        }

        console.WriteLine();
        console.WriteLine($"{order.Name}: {order.Key}");
        foreach (var name in order.Names)
        {
            console.WriteLine("  " + name);
        }

        return console.Confirm("Make this key and request?", defaultValue: true);
    }

    private static string[] Words(string text) => text.Split([' ', ',', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
