using System.CommandLine;
using System.Globalization;
using System.Text;
using EdgePool.Server.Certificates;
using EdgePool.Server.Cli.Certificates;
using EdgePool.Server.Configuration;
using EdgePool.Server.Configuration.Files;
using EdgePool.Xmpp.Dialback;

namespace EdgePool.Server.Cli.Dialback;

/// <summary><c>edgepool dialback rotate</c>: a new secret for our dialback keys. No secret is ever shown.</summary>
internal static class DialbackCommand
{
    private const string Notes = """
        Examples:
          edgepool dialback rotate -c edgepool.yaml
          edgepool dialback rotate -c edgepool.yaml --forget-previous     the old secret is known to somebody: its keys are void at once

        The file under dialback: { secretFile: PATH } holds 1 to 3 secrets, one a line, newest first, and is its owner's alone (mode 600). The first makes
        keys, each of them verifies, so that no key under way becomes void; a rotation keeps the two before it. A running node takes the file within
        seconds, or at once at SIGHUP, and logs DialbackSecretsReplaced; no stream is dropped.

        Several nodes of one organisation need the same file. Bring the new secret to each as its second line first, then as its first: so every node
        knows it before any makes keys by it.

        Exit codes: 0 done, 1 refused, 2 usage, 66 no such file, 77 not permitted, 78 the configuration is wrong.
        """;

    private const int SecretBytes = 32;

    /// <summary>The command.</summary>
    public static Command Create(ConfigurationEnvironment environment)
    {
        var config = new Option<string>("--config", "-c")
        {
            Description = "The node's configuration file (YAML), which names the file with the secrets.",
            HelpName = "FILE",
            Required = true,
        };
        var forget = new Option<bool>("--forget-previous") { Description = "Keep none of the secrets before: keys made by them are void at once." };
        var rotate = new NotedCommand("rotate", "Write a new secret in front of those that the node's file names.", Notes) { config, forget };
        rotate.SetAction(result =>
        {
            var streams = result.InvocationConfiguration;
            return CertCommand.Node(result.GetRequiredValue(config), streams.Error, out var code) is { } node
                ? Rotate(node, result.GetValue(forget), environment, streams)
                : code;
        });
        return new NotedCommand("dialback", "The secrets of our dialback keys (XEP-0185).", Notes) { rotate };
    }

    private static int Rotate(NodeFile node, bool forget, ConfigurationEnvironment environment, InvocationConfiguration streams)
    {
        if (Obstacle(node) is { } obstacle)
        {
            return CertCommand.Fail(obstacle, streams.Error);
        }

        const string at = "dialback.secretFile";
        var (name, problems) = (node.Document.DialbackSecret!.File!, new ProblemList(node.Path));
        var before = new NamedFiles(node.Folder, problems).Read(name, at, secret: true) is { } text ? DialbackSecretText.Parse(text, at, problems) : null;
        if (before is null)
        {
            var found = new ConfigurationResult(Options: null, problems.InOrder);
            ConfigurationReport.Write(found, streams.Error);
            return ConfigurationReport.ExitCodeOf(found);
        }

        IReadOnlyList<string> kept = forget ? [] : [.. before.Take(DialbackSecrets.Most - 1)];
        var path = node.Full(name);
        var next = kept.Prepend(Convert.ToHexStringLower(environment.RandomBytes(SecretBytes)));
        if (DiskFile.Write(path, Encoding.UTF8.GetBytes(DialbackSecretText.Write(next)), DiskFile.Private, replace: true, FileOwner.Of(path)) is { } fault)
        {
            return CertCommand.Fail(fault, streams.Error);
        }

        streams.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: a new secret makes keys; of the {before.Count} before, {kept.Count} still verify"));
        streams.Output.WriteLine("A running node takes it within seconds and logs DialbackSecretsReplaced; streams stay up.");
        return ExitCode.Success;
    }

    private static CommandFault? Obstacle(NodeFile node)
    {
        if (node.Document.DialbackSecret is not { } written)
        {
            return new(
                ExitCode.Failed,
                $"{Shown.Of(node.Path, 200)} names no dialback secret, so one is made at each start of the node",
                "make one (openssl rand -base64 32, chmod 600) and add dialback: { secretFile: PATH }");
        }

        if (written.File is null)
        {
            return new(ExitCode.Failed, "the dialback secret is in an environment variable, which this command cannot change", "change it where it is set, or use secretFile");
        }

        return new FileInfo(node.Full(written.File)).LinkTarget is null ? null : new(
            ExitCode.Failed,
            $"{Shown.Of(node.Full(written.File), 200)} is a link, which another program keeps",
            "let that program put the new secret in front: the node takes it by itself; or name a plain file under dialback");
    }
}
