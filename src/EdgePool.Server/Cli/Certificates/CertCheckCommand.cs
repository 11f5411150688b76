using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using EdgePool.Server.Certificates;
using EdgePool.Server.Configuration;

namespace EdgePool.Server.Cli.Certificates;

/// <summary><c>edgepool cert check</c>: what partners will say to the certificates that the node has, or to one before it is assigned.</summary>
internal static class CertCheckCommand
{
    /// <summary>The command.</summary>
    public static Command Create(ConfigurationEnvironment environment)
    {
        var file = new Argument<string?>("FILE")
        {
            Description = "A certificate that is not assigned yet. Without it: those that --config names.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var key = new Option<string?>("--key") { Description = "The key of FILE. Default: it is in FILE.", HelpName = "FILE" };
        var config = CertCommand.Config("its domains, roots and partners count");
        var json = CertCommand.Json();
        var command = new NotedCommand("check", "Check chain, names, purposes, dates, key, signature and file modes.", CertHelp.Check)
        {
            file, key, config, json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(file) is null && result.GetValue(config) is null)
            {
                result.AddError("'cert check' needs FILE, or --config FILE for those of a node");
            }
        });
        command.SetAction(async (result, cancellation) =>
        {
            var streams = result.InvocationConfiguration;
            NodeFile? node = null;
            if (result.GetValue(config) is { } path && (node = CertCommand.Node(path, streams.Error, out var code)) is null)
            {
                return code;
            }

            var partners = node is null ? null : await NodePartners.ReadAsync(node, cancellation);
            var report = Run(result.GetValue(file), result.GetValue(key), node, partners, environment.Time);
            Write(report, partners, result.GetValue(json), result.GetValue(file) ?? node!.Path, environment.Time.GetUtcNow(), streams.Output);
            return report.Count(FindingSeverity.Error) == 0 ? ExitCode.Success : ExitCode.Failed;
        });
        return command;
    }

    /// <summary>Checks a file as if it were assigned, or all that are.</summary>
    private static CheckReport Run(string? file, string? key, NodeFile? node, NodePartners? partners, TimeProvider time)
    {
        var check = node is null
            ? new CertificateCheck(file!, [], Policy.Partners.TrustAnchors.SystemOnly, [], time.GetUtcNow())
            : CertificateCheck.For(node, partners?.SaslAlone ?? [], time);
        if (file is null)
        {
            return check.Run(Assignment.All(node!).Select(place => (place.File, place.KeyFile)));
        }

        var certificate = Path.GetFullPath(file);
        var beside = node is not null && CertificatePair.Read(certificate, certificate, new Findings(certificate)) is { } pair
            ? Assignment.Find(node, pair, inPlaceOf: null, out _)?.Beside(node)
            : null;
        return check.Run([(certificate, key is null ? certificate : Path.GetFullPath(key))], beside);
    }

    private static void Write(CheckReport report, NodePartners? partners, bool json, string checkedFile, DateTimeOffset now, TextWriter output)
    {
        if (json)
        {
            var files = report.Pairs.Select(pair => new { pair.File, pair.KeyFile, Certificates = pair.Chain.Select(certificate => CertificateFacts.Of(certificate, now)) });
            output.WriteLine(JsonSerializer.Serialize(
                new { Errors = report.Count(FindingSeverity.Error), Warnings = report.Count(FindingSeverity.Warning), report.Findings, report.Domains, Partners = partners, Files = files },
                CertificateText.Json));
            return;
        }

        Tell(report, output);
        foreach (var pair in report.Pairs)
        {
            var facts = CertificateFacts.Of(pair.Leaf, now);
            var proven = report.Domains.Where(domain => string.Equals(domain.File, pair.File, StringComparison.Ordinal)).Select(domain => domain.Domain).ToList();
            var proves = proven.Count > 0 ? ", proves " + string.Join(", ", proven) : "";
            output.WriteLine($"{pair.File}: {facts.Key}, until {CertificateFacts.Day(facts.ValidUntil!.Value)} ({CertificateText.Left(facts.DaysLeft!.Value)}){proves}");
        }

        Tell(partners, output);
        output.WriteLine($"{checkedFile}: {Count(report, FindingSeverity.Error, "error")}, {Count(report, FindingSeverity.Warning, "warning")}");
    }

    /// <summary>One line a finding, errors first.</summary>
    public static void Tell(CheckReport report, TextWriter output)
    {
        foreach (var finding in report.Findings.OrderBy(finding => finding.Severity))
        {
            output.WriteLine(finding.ToString());
        }
    }

    // Those of the file are where the operator is looking.
    private static void Tell(NodePartners? partners, TextWriter output)
    {
        var line = partners switch
        {
            { Source: "node" } => string.Create(CultureInfo.InvariantCulture, $"partners: the {partners.Count} of the node that runs"),
            { Source: "store" } => string.Create(CultureInfo.InvariantCulture, $"partners: the {partners.Count} of the store, read from its file, for {Shown.Of(partners.Problem!, 400)}"),
            { Source: null } => $"partners: not known, so nothing is said of what they ask for: {Shown.Of(partners.Problem!, 600)}",
            _ => null,
        };
        if (line is not null)
        {
            output.WriteLine(line);
        }
    }

    private static string Count(CheckReport report, FindingSeverity severity, string word)
        => string.Create(CultureInfo.InvariantCulture, $"{report.Count(severity)} {word}{(report.Count(severity) == 1 ? "" : "s")}");
}
