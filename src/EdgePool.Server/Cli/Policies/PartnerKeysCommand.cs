using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Cli.Display;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Policies;

/// <summary><c>edgepool partner keys</c>: which keys a partner's domains have shown, and the last alarm about them.</summary>
internal static class PartnerKeysCommand
{
    private const string Notes = """
        Examples:
          edgepool partner keys partner.example
          edgepool partner keys chat.partner.example --forget

        The node remembers up to 8 keys of each domain: with a store over restarts, without one until it ends. Another key than those raises the alarm peer-key-changed; the hashes are what
        trust: { pins: [...] } takes. With firstUse and onChange: refuse, --forget lets the domain's next key be its first.

        Exit codes: 0, 1 nothing is remembered that could be forgotten, 2 usage, 69 no node answers, 77 not allowed.
        """;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var domain = new Argument<string>("DOMAIN") { Description = "A partner's primary domain, for all of its domains; or any other of them." };
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var forget = new Option<bool>("--forget") { Description = "Forget the keys of this one domain." };
        var command = NodeCommand.Create("keys", "Show the keys that a partner has shown.", Notes, async (context, cancellation) =>
        {
            var name = context.Arguments.GetRequiredValue(domain);
            var path = "/v1/keys/" + Uri.EscapeDataString(name);
            if (context.Arguments.GetValue(forget))
            {
                await context.Node.DeleteAsync(path, WireJson.Default.KeyList, cancellation);
                context.Output.WriteLine($"the keys of {Configuration.Shown.Of(name)} are forgotten");
                return ExitCode.Success;
            }

            var list = await context.Node.GetAsync(path, WireJson.Default.KeyList, cancellation);
            Write(list, context.Arguments.GetValue(json), context.Output);
            return ExitCode.Success;
        });
        command.Arguments.Add(domain);
        command.Options.Add(json);
        command.Options.Add(forget);
        return command;
    }

    internal static void Write(KeyList list, bool json, TextWriter output)
    {
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(list, WireJson.Shown.KeyList));
            return;
        }

        var table = new TextTable("DOMAIN", "KEY", "ISSUER", "EXPIRES", "FIRST SEEN", "LAST SEEN");
        foreach (var domain in list.Domains)
        {
            foreach (var key in domain.Keys)
            {
                table.Add(domain.Domain, key.Hash, key.Issuer, Text(key.Expires), Text(key.FirstSeen), Text(key.LastSeen));
            }
        }

        table.WriteTo(output);
        foreach (var (domain, alarm) in list.Domains.Where(domain => domain.LastAlarm is not null).Select(domain => (domain, domain.LastAlarm!)))
        {
            output.WriteLine(
                FormattableString.Invariant($"{domain.Domain}: {domain.Alarms} alarms, the last {alarm.Kind} at {alarm.At:u}: {alarm.Shown} of {alarm.IssuerShown}, before {alarm.Before} of {alarm.IssuerBefore}"));
        }
    }

    private static string Text(DateTimeOffset time) => time.ToString("u", CultureInfo.InvariantCulture);
}
