using System.CommandLine;
using EdgePool.Server.Certificates;
using EdgePool.Server.Configuration;
using Spectre.Console;

namespace EdgePool.Server.Cli.Certificates;

/// <summary><c>edgepool cert request</c>: a key and a signing request, prepared now and sent to the authority whenever the operator likes. Needs no running node.</summary>
internal static class CertRequestCommand
{
    /// <summary>The command.</summary>
    /// <param name="environment">For the day.</param>
    /// <param name="terminal">Where to ask; null: there is no terminal.</param>
    public static Command Create(ConfigurationEnvironment environment, Func<IAnsiConsole?> terminal)
    {
        var config = CertCommand.Config("its local domains are asked for");
        var options = new OrderOptions();
        var folder = new Option<string?>("--out", "-o")
        {
            Description = "The folder for the files. Default: that of --config, else this one.",
            HelpName = "FOLDER",
        };
        var force = new Option<bool>("--force") { Description = "Files of that name give way and are kept as .previous." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Ask nothing: take options and defaults. Without a terminal, nothing is asked either." };
        var command = new NotedCommand("request", "Make a key and a certificate signing request for the local domains; on a terminal it asks for what it needs.", CertHelp.Request)
        {
            config,
        };
        options.AddTo(command);
        command.Add(folder);
        command.Add(force);
        command.Add(yes);
        command.SetAction(result =>
        {
            var streams = result.InvocationConfiguration;
            NodeFile? node = null;
            if (result.GetValue(config) is { } path && (node = CertCommand.Node(path, streams.Error, out var code)) is null)
            {
                return code;
            }

            var form = options.Form(result, node?.Domains ?? []);
            if (!result.GetValue(yes) && terminal() is { } console)
            {
                if (RequestWizard.Ask(console, form, environment.Time.GetUtcNow()) is not { } answered)
                {
                    return ExitCode.Failed;
                }

                form = answered;
            }

            return Request(form, node, result.GetValue(folder) ?? node?.Folder ?? ".", result.GetValue(force), environment.Time.GetUtcNow(), streams);
        });
        return command;
    }

    private static int Request(OrderForm form, NodeFile? node, string folder, bool force, DateTimeOffset now, InvocationConfiguration streams)
    {
        if (form.TryOrder(now, out var problems) is not { } order)
        {
            foreach (var problem in problems)
            {
                streams.Error.WriteLine($"edgepool: {problem}");
            }

            return ExitCode.Usage;
        }

        var files = new RequestFiles(Path.GetFullPath(folder), order.Name);
        if (InUse(files.Key, node) is { } inUse)
        {
            return CertCommand.Fail(inUse, streams.Error);
        }

        if (files.Create(order, force, out var fault) is not { } request)
        {
            return CertCommand.Fail(fault!, streams.Error);
        }

        Tell(files, request, streams.Output);
        return ExitCode.Success;
    }

    /// <summary>The key that the node runs with is never replaced by one that nobody has certified yet.</summary>
    private static CommandFault? InUse(string key, NodeFile? node)
        => node is not null && node.Document.Certificates.Any(written => (written.Key ?? written.Certificate) is { } used && string.Equals(
            node.Full(used),
            key,
            StringComparison.Ordinal))
            ? new(ExitCode.Failed, $"{Shown.Of(key, 200)} is the key that the node uses", "choose another --name; 'cert assign' puts the new pair in its place once it is certified")
            : null;

    private static void Tell(RequestFiles files, string request, TextWriter output)
    {
        output.WriteLine($"Key      {files.Key} (mode 600: keep it secret, keep a copy)");
        output.WriteLine($"Request  {files.Request}");
        output.WriteLine();
        CertificateText.Write(CertificateFacts.Of(SigningRequest.Read(request)!), output);
        output.WriteLine();
        output.Write(request);
        output.WriteLine();
        output.WriteLine("Send the request to your certificate authority, now or later. With its answer:");
        output.WriteLine($"  edgepool cert import ANSWER --folder {files.Folder}");
    }
}
