using System.CommandLine;
using System.Text;
using EdgePool.Cluster.Secrets;
using EdgePool.Server.Certificates;
using EdgePool.Server.Cli.Certificates;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Configuration;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Cluster;

/// <summary><c>edgepool cluster secrets</c>: the key file of the nodes, and the dialback secrets that it seals. No secret is ever shown.</summary>
internal static class ClusterSecretsCommand
{
    private const string Notes = """
        Examples:
          edgepool cluster secrets init -c edgepool.yaml         makes the file that cluster: { secretKeyFile: PATH } names
          edgepool cluster secrets rotate                        a new dialback secret for every node of every pool
          edgepool cluster secrets rotate --forget-previous      the old one is known to somebody: its keys are void at once

        The dialback secrets of a pool (XEP-0185) are in its store, sealed (AES-256-GCM) under the key of that file, which every node holds and the store has not. The first node
        that starts makes the first secret. A rotation takes two steps: every node learns the new secret, then it makes keys; those before still verify. A node whose file
        has another key does not start, and never makes a secret of its own.

        To change the file itself: put a new line (openssl rand -base64 32) in front of it on every node, start each anew, rotate, then take the old line out.

        Exit codes: 0 done, 1 refused, or a node did not hear of it in time, 2 usage, 66 no such file, 69 no node answers, 77 not allowed, 78 the file is wrong.
        """;

    /// <summary>The command.</summary>
    public static Command Create(ConfigurationEnvironment environment)
        => new NotedCommand("secrets", "The key file of a pool's nodes, and the dialback secrets that it seals.", Notes) { Init(environment), Rotate() };

    private static NotedCommand Init(ConfigurationEnvironment environment)
    {
        var config = ConfigOption.Create();
        var init = new NotedCommand("init", "Make the key file that the node's file names.", Notes) { config };
        init.SetAction(result =>
        {
            var streams = result.InvocationConfiguration;
            return CertCommand.Node(result.GetRequiredValue(config), streams.Error, out var code) is { } node ? Make(node, environment, streams) : code;
        });
        return init;
    }

    private static int Make(NodeFile node, ConfigurationEnvironment environment, InvocationConfiguration streams)
    {
        if (node.Document.Cluster?.SecretKeyFile is not { } name)
        {
            return CertCommand.Fail(
                new(ExitCode.Failed, $"{Shown.Of(node.Path, 200)} names no key file", "add cluster: { secretKeyFile: cluster.key, … }; cluster-config/pool has an example"), streams.Error);
        }

        var path = node.Full(name);
        if (DiskFile.Write(path, Encoding.ASCII.GetBytes(SecretKeys.Write(environment.RandomBytes(SecretKeys.Bytes))), DiskFile.Private, replace: false) is { } fault)
        {
            return CertCommand.Fail(fault, streams.Error);
        }

        streams.Output.WriteLine($"{path}: a new key, its owner's alone (mode 600). Bring this file to every node of every pool, and keep a copy where the store's backups are not.");
        return ExitCode.Success;
    }

    private static NotedCommand Rotate()
    {
        var forget = new Option<bool>("--forget-previous") { Description = "Keep none of the secrets before: keys made by them are void at once." };
        var command = NodeCommand.Create("rotate", "Make a new dialback secret for every node of every pool.", Notes, async (context, cancellation) =>
        {
            var request = new RotateRequest(context.Arguments.GetValue(forget));
            var reply = await context.Node.PostAsync("/v1/cluster/secrets/rotate", request, WireJson.Default.RotateRequest, WireJson.Default.RotateReply, cancellation);
            context.Output.WriteLine(FormattableString.Invariant($"a new dialback secret makes keys on every node; of the {reply.Before} before, {reply.Kept} still verify"));
            if (reply.Late.Count > 0)
            {
                context.Output.WriteLine($"these nodes did not say in time that they know it: {string.Join(", ", reply.Late.Select(name => Shown.Of(name)))} — see 'edgepool cluster status' and their logs");
            }

            return reply.Late.Count == 0 ? ExitCode.Success : ExitCode.Failed;
        });
        command.Options.Add(forget);
        return command;
    }
}
