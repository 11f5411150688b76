using System.CommandLine;
using System.Text;
using EdgePool.Server.Certificates;
using EdgePool.Server.Configuration;

namespace EdgePool.Server.Cli.Certificates;

/// <summary>
/// <c>edgepool cert assign</c>: the new pair takes the place of the files that the node's file names, once the check finds no error in it. A running node takes it by itself.
/// </summary>
internal static class CertAssignCommand
{
    /// <summary>The command.</summary>
    public static Command Create(ConfigurationEnvironment environment)
    {
        var file = new Argument<string>("FILE") { Description = "The new certificate with its intermediates, in PEM." };
        var key = new Option<string?>("--key") { Description = "Its key. Default: it is in FILE.", HelpName = "FILE" };
        var config = new Option<string>("--config", "-c")
        {
            Description = "The node's configuration file (YAML): the files that it names are replaced.",
            HelpName = "FILE",
            Required = true,
        };
        var place = new Option<string?>("--in-place-of")
        {
            Description = "Which certificate of the node's file, where it names several that would do.",
            HelpName = "FILE",
        };
        var command = new NotedCommand("assign", "Put a certificate and its key in the place of those that the node's file names, checked first.", CertHelp.Assign)
        {
            file, key, config, place,
        };
        command.SetAction(async (result, cancellation) =>
        {
            var streams = result.InvocationConfiguration;
            if (CertCommand.Node(result.GetRequiredValue(config), streams.Error, out var code) is not { } node)
            {
                return code;
            }

            var certificate = Path.GetFullPath(result.GetRequiredValue(file));
            return Assign(
                certificate,
                result.GetValue(key) is { } written ? Path.GetFullPath(written) : certificate,
                node,
                await NodePartners.ReadAsync(node, cancellation),
                result.GetValue(place),
                environment.Time,
                streams);
        });
        return command;
    }

    private static int Assign(string file, string keyFile, NodeFile node, NodePartners partners, string? inPlaceOf, TimeProvider time, InvocationConfiguration streams)
    {
        var findings = new Findings(file);
        var pair = CertificatePair.Read(file, keyFile, findings);
        if (pair is null)
        {
            CertCheckCommand.Tell(new CheckReport([], findings.All, []), streams.Error);
            return ExitCode.Failed;
        }

        if (Assignment.Find(node, pair, inPlaceOf, out var fault) is not { } place || (fault = Obstacle(place, file)) is not null)
        {
            return CertCommand.Fail(fault!, streams.Error);
        }

        var report = Judge(place, pair, node, partners, time);
        CertCheckCommand.Tell(report, report.Count(FindingSeverity.Error) > 0 ? streams.Error : streams.Output);
        if (report.Count(FindingSeverity.Error) > 0)
        {
            streams.Error.WriteLine($"edgepool: nothing was changed: {file} would not serve");
            return ExitCode.Failed;
        }

        var keyText = Encoding.Latin1.GetString(DiskFile.Read(keyFile, out fault) ?? []);
        fault ??= place.Put(ChainOrder.Of(pair.Leaf, pair.Chain.Skip(1)).Chain, KeyOnly(keyText), NodeOwner(place, node));
        if (fault is not null)
        {
            return CertCommand.Fail(fault, streams.Error);
        }

        streams.Output.WriteLine($"{place.File}: assigned; the old one is {Path.GetFileName(place.File)}.previous");
        streams.Output.WriteLine("A running node takes it within seconds and logs CertificatesReplaced; streams stay up.");
        return ExitCode.Success;
    }

    /// <summary>The check of what will be there. A domain that no certificate proves now either is no reason to refuse one that proves others.</summary>
    private static CheckReport Judge(Assignment place, CertificatePair pair, NodeFile node, NodePartners partners, TimeProvider time)
    {
        var beside = place.Beside(node);
        var before = beside.Append(CertificatePair.Read(place.File, place.KeyFile, new Findings(place.File))).OfType<CertificatePair>().ToList();
        var provesSome = node.Domains.Any(pair.Proves);
        var unproven = node.Domains.Where(domain => provesSome && !before.Exists(old => old.Proves(domain))).ToList();
        return CertificateCheck.For(node, partners.SaslAlone, time).Run([(pair.File, pair.KeyFile)], beside, unproven);
    }

    private static CommandFault? Obstacle(Assignment place, string file)
    {
        if (string.Equals(place.File, file, StringComparison.Ordinal))
        {
            return new(
                ExitCode.Failed,
                $"{Shown.Of(file, 200)} is the node's own file already",
                "assign another file; the node takes what changes in its own by itself");
        }

        return new[] { place.File, place.KeyFile }.FirstOrDefault(path => new FileInfo(path).LinkTarget is not null) is { } link
            ? new(
                ExitCode.Failed,
                $"{Shown.Of(link, 200)} is a link, which another program keeps",
                "let that program put the new files in place: the node takes them by itself; or name plain files under certificates")
            : null;
    }

    /// <summary>Whose the node's keys are: the owner of the old one, or of another secret of the node where there is no old one yet.</summary>
    private static FileOwner? NodeOwner(Assignment place, NodeFile node)
    {
        var secrets = node.Document.Domains.Select(domain => domain.Component?.File).Append(node.Document.DialbackSecret?.File).OfType<string>().Select(node.Full);
        return new[] { place.KeyFile, place.File }.Concat(secrets).Where(File.Exists).Select(FileOwner.Of).FirstOrDefault();
    }

    /// <summary>The key's part of a file that may hold certificates too.</summary>
    private static string KeyOnly(string text)
    {
        var begin = text.IndexOf("-----BEGIN ", StringComparison.Ordinal);
        for (; begin >= 0; begin = text.IndexOf("-----BEGIN ", begin + 1, StringComparison.Ordinal))
        {
            var end = text.IndexOf("-----END ", begin, StringComparison.Ordinal);
            var label = text.AsSpan(begin, Math.Max(0, end - begin));
            if (end > 0 && label[..Math.Min(label.Length, 60)].Contains("PRIVATE KEY-----", StringComparison.Ordinal))
            {
                var last = text.IndexOf('\n', end);
                return last < 0 ? text[begin..] : text[begin..last];
            }
        }

        return text;
    }
}
