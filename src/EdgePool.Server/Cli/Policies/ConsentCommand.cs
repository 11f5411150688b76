using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using EdgePool.Policy.Partners;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Cli.Display;
using EdgePool.Server.Management.Wire;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Server.Cli.Policies;

/// <summary><c>edgepool consent</c>: which local users have let in which contacts of public providers.</summary>
internal static class ConsentCommand
{
    private const string Notes = """
        Examples:
          edgepool consent list public.example
          edgepool consent revoke anna@contoso.example zoe@public.example
          edgepool consent export > consents.ndjson

        A contact of a partner of type PublicUnverified reaches a local user only after that user wrote to it, asked for its presence or granted
        its own. The user takes that back by unsubscribing; here an operator does, at once.

        Exit codes: 0, 1 there is no such consent, 2 usage, 69 no node answers, 77 not allowed.
        """;

    /// <summary>The command.</summary>
    public static Command Create() => new NotedCommand("consent", "List, revoke and export the consents of local users to contacts of public providers.", Notes)
    {
        List(), Revoke(), Export(),
    };

    private static NotedCommand List()
    {
        var partner = Partner();
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var command = NodeCommand.Create("list", "List the consents, a thousand to a page.", Notes, async (context, cancellation) =>
        {
            var name = Canonical(context.Arguments.GetValue(partner));
            string? after = null;
            ConsentList page;
            do
            {
                page = await context.Node.GetAsync("/v1/consents?" + name + after, WireJson.Default.ConsentList, cancellation);
                Write(page, context.Arguments.GetValue(json), context.Output);
                after = page.More ? $"&afterLocal={Uri.EscapeDataString(page.Consents[^1].Local)}&afterRemote={Uri.EscapeDataString(page.Consents[^1].Remote)}" : null;
            }
            while (page.More);
            return ExitCode.Success;
        });
        command.Arguments.Add(partner);
        command.Options.Add(json);
        return command;
    }

    private static NotedCommand Revoke()
    {
        var local = new Argument<string>("USER") { Description = "The local user." };
        var remote = new Argument<string>("CONTACT") { Description = "The contact." };
        var command = NodeCommand.Create("revoke", "Take a consent back, at once.", Notes, async (context, cancellation) =>
        {
            var (user, contact) = (context.Arguments.GetRequiredValue(local), context.Arguments.GetRequiredValue(remote));
            var path = $"/v1/consents?local={Uri.EscapeDataString(user)}&remote={Uri.EscapeDataString(contact)}";
            await context.Node.DeleteAsync(path, WireJson.Default.ConsentView, cancellation);
            context.Output.WriteLine($"{contact} does not reach {user} any more");
            return ExitCode.Success;
        });
        command.Arguments.Add(local);
        command.Arguments.Add(remote);
        return command;
    }

    private static NotedCommand Export()
    {
        var partner = Partner();
        var command = NodeCommand.Create("export", "Write all consents, one JSON object a line.", Notes, async (context, cancellation) =>
        {
            await using var lines = await context.Node.StreamAsync("/v1/consents/export?" + Canonical(context.Arguments.GetValue(partner)), cancellation);
            using var reader = new StreamReader(lines, Encoding.UTF8);
            while (await reader.ReadLineAsync(cancellation) is { } line)
            {
                context.Output.WriteLine(line);
            }

            return ExitCode.Success;
        });
        command.Arguments.Add(partner);
        return command;
    }

    private static void Write(ConsentList page, bool json, TextWriter output)
    {
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(page, WireJson.Shown.ConsentList));
            return;
        }

        var table = new TextTable("USER", "CONTACT", "PARTNER", "SINCE");
        foreach (var consent in page.Consents)
        {
            table.Add(consent.Local, consent.Remote, consent.Partner, consent.Since.ToString("u", CultureInfo.InvariantCulture));
        }

        table.WriteTo(output);
    }

    /// <summary>The partner under its canonical name; all of them when none is given.</summary>
    private static string Canonical(string? written) => written switch
    {
        null => "",
        PartnerDocument.AnyDomain => "partner=*",
        _ when DomainName.TryParse(written, out var domain) => "partner=" + Uri.EscapeDataString(domain.Ascii),
        _ => throw new CommandFailure(ExitCode.Usage, $"'{Configuration.Shown.Of(written)}' is no domain — name a partner's primary domain"),
    };

    private static Argument<string?> Partner() => new("PARTNER") { Description = "Only those of this partner.", Arity = ArgumentArity.ZeroOrOne };
}
