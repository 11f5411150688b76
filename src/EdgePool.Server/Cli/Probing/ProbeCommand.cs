using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text.Json;
using EdgePool.Edge;
using EdgePool.Edge.Probing;
using EdgePool.Policy.Documents;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Configuration;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Server.Cli.Probing;

/// <summary><c>edgepool probe</c>: how far a stream to a domain would come, target by target and step by step.</summary>
internal static class ProbeCommand
{
    private const string Notes = """
        Examples:
          edgepool probe partner.example --config /etc/edgepool/edgepool.yaml     as the node with this configuration would connect
          edgepool probe partner.example --from contoso.example                   with nothing but a name, from any machine
          edgepool probe partner.example -c edgepool.yaml --json | jq '.targets[].outcome'

        It asks for both kinds of SRV records, connects to every address of every target, takes TLS, and negotiates as the node would, by the partner's document,
        up to SASL EXTERNAL where the configuration has a certificate. It sends no stanza, and ends each stream in order. No node need run.
        A dialback key of a probe is checked by asking a node of the domain that it plays: --dialback tries that, with the configuration's secret.

        Exit codes: 0 a target authenticates us, or is ready for dialback; 1 none does; 2 usage; 66 no such file; 69 no name server answers, or no
        address does; 77 a file may not be read; 78 the configuration is wrong.
        """;

    private static readonly TimeSpan LongestStep = TimeSpan.FromMinutes(5);

    /// <summary>The command.</summary>
    public static Command Create(ConfigurationEnvironment environment)
    {
        var domain = new Argument<string>("DOMAIN") { Description = "The partner's domain." };
        var config = new Option<string?>("--config", "-c") { Description = "The node's configuration file: certificates, trust, name servers, partners.", HelpName = "FILE" };
        var from = new Option<string?>("--from") { Description = "The local domain to play. Default: the first of the configuration.", HelpName = "DOMAIN" };
        var timeout = Timeout();
        var dialback = new Option<bool>("--dialback") { Description = "Try dialback where SASL does not serve; a node of the local domain must run." };
        var servers = NameServers();
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var command = new NotedCommand("probe", "Look how far a stream to a domain would come, without sending a stanza.", Notes)
        {
            domain, config, from, timeout, dialback, servers, json,
        };
        command.SetAction(async (result, cancellation) =>
        {
            var (output, error) = (result.InvocationConfiguration.Output, result.InvocationConfiguration.Error);
            try
            {
                var asked = new Question(
                    Domain(result.GetRequiredValue(domain)), result.GetValue(from) is { } own ? Domain(own) : null, result.GetValue(config), result.GetValue(timeout), result.GetValue(dialback));
                return await RunAsync(asked, result.GetValue(servers) ?? [], result.GetValue(json), environment, output, error, cancellation);
            }
            catch (CommandFailure failure)
            {
                error.WriteLine($"edgepool: {failure.Message}");
                return failure.ExitCode;
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(
        Question asked, IReadOnlyList<IPEndPoint> servers, bool json, ConfigurationEnvironment environment, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        var plan = (await PlanAsync(asked, environment, cancellation)).Asking(servers);
        ProbeReport report;
        using (var watch = new ProbeWatch(error, environment.Time))
        {
            try
            {
                await using var probe = new EdgeProbe(plan.Options, environment.Time, watch.Wait);
                report = await probe.RunAsync(new ProbeRequest(plan.Pair, asked.Timeout, asked.Dialback), cancellation);
            }
            catch (NameServerException fault)
            {
                throw new CommandFailure(ExitCode.Unavailable, $"no name servers: {fault.Message} — name one with --name-server");
            }
        }

        var view = ProbeText.View(plan, report);
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(view, ProbeJson.Default.ProbeView));
        }
        else
        {
            ProbeText.Write(view, output);
        }

        return ExitCodeOf(report);
    }

    private static async Task<ProbePlan> PlanAsync(Question asked, ConfigurationEnvironment environment, CancellationToken cancellation)
    {
        if (asked.Config is null)
        {
            return asked switch
            {
                { Dialback: true } => throw new CommandFailure(ExitCode.Usage, "--dialback needs the node's dialback secret — name its configuration with --config FILE"),
                { From: { } from } => ProbePlan.WithoutNode(asked.Domain, from),
                _ => throw new CommandFailure(ExitCode.Usage, "which domain is it to play? — name one with --from DOMAIN, or the node's configuration with --config FILE"),
            };
        }

        var loaded = ConfigurationLoader.Load(asked.Config, environment);
        if (loaded.Options is not { } node)
        {
            throw new CommandFailure(ConfigurationReport.ExitCodeOf(loaded), string.Join('\n', loaded.Errors.Select(problem => problem.ToString())));
        }

        return asked.Dialback && node.RandomDialbackSecret
            ? throw new CommandFailure(ExitCode.Usage, "--dialback needs a secret that the node has too — write dialback: { secretFile: FILE } into the configuration, and restart the node")
            : await ProbePlan.WithNodeAsync(asked.Domain, asked.From, node, cancellation);
    }

    private static int ExitCodeOf(ProbeReport report) => report switch
    {
        { Succeeded: true } => ExitCode.Success,
        { Failure: StreamEndReason.DnsFailed } => ExitCode.Unavailable,
        { Targets: { Count: > 0 } targets } when targets.All(target => target.Negotiation.Failure is StreamEndReason.ConnectFailed) => ExitCode.Unavailable,
        _ => ExitCode.Failed,
    };

    private static DomainName Domain(string written) => DomainName.TryParse(written, out var domain)
        ? domain
        : throw new CommandFailure(ExitCode.Usage, $"'{Shown.Of(written)}' is no domain — name one, such as partner.example");

    private static Option<TimeSpan> Timeout() => new("--timeout")
    {
        Description = "The longest that one step may take, such as 5s.",
        HelpName = "TIME",
        DefaultValueFactory = _ => TimeSpan.FromSeconds(10),
        CustomParser = parsed =>
        {
            if (Quantity.TryDuration(parsed.Tokens[0].Value) is { } time && time > TimeSpan.Zero && time <= LongestStep)
            {
                return time;
            }

            parsed.AddError("--timeout takes a time with its unit, from 1ms to 5m, such as 5s");
            return default;
        },
    };

    private static Option<IPEndPoint[]?> NameServers() => new("--name-server")
    {
        Description = "Ask this one, ADDRESS or ADDRESS:PORT, in place of the configuration's or the machine's.",
        HelpName = "ADDRESS",
        CustomParser = parsed =>
        {
            var servers = new List<IPEndPoint>();
            foreach (var token in parsed.Tokens)
            {
                if (!IPEndPoint.TryParse(token.Value, out var server))
                {
                    parsed.AddError(string.Create(CultureInfo.InvariantCulture, $"--name-server takes an address, such as 9.9.9.9 or [2620:fe::fe]:53, not '{Shown.Of(token.Value)}'"));
                    return null;
                }

                servers.Add(server.Port == 0 ? new IPEndPoint(server.Address, 53) : server);
            }

            return [.. servers];
        },
    };

    private sealed record Question(DomainName Domain, DomainName? From, string? Config, TimeSpan Timeout, bool Dialback);
}
