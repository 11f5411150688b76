using System.CommandLine;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Cli.Documents;
using EdgePool.Server.Management.Documents;
using EdgePool.Server.Management.Wire;
using EdgePool.Server.Topologies;

namespace EdgePool.Server.Cli.Topologies;

/// <summary><c>edgepool topology</c>: sites, pools, domains and routes, one document that is replaced as a whole.</summary>
internal static class TopologyCommand
{
    private const string Notes = """
        Examples:
          edgepool topology validate -f cluster-config/documents/topology.yaml     no node is asked
          edgepool topology diff -f topology.yaml
          edgepool topology publish -f topology.yaml --why "second site"
          edgepool topology show
          edgepool topology status                                                 which node has which version

        The topology is one document of kind Topology. 'publish' checks it, checks that the node that is asked knows every domain of it and has a certificate for
        it, and replaces the one before as one version; 'edgepool history topology' and 'revert topology' work on it as on every document.
        'edgepool dns' makes the records that partners find us by out of it.

        Exit codes: 0 it is so, 1 refused, differs, a node is not up to date, or DNS says something else, 2 usage, 66 no such file, 69 no node answers, 77 not allowed.
        """;

    /// <summary>The command.</summary>
    public static Command Create(TimeProvider time) => new NotedCommand("topology", "Sites, pools, domains and routes: show, check and publish them.", Notes)
    {
        TopologyViews.CreateShow(Notes),
        Validate(time),
        Diff(time),
        Publish(time),
        TopologyViews.CreateStatus(Notes, time),
    };

    private static NotedCommand Validate(TimeProvider time)
    {
        var source = new DocumentSource();
        var command = new NotedCommand("validate", "Tell everything that is wrong with a topology in a file; no node is asked.", Notes);
        source.AddTo(command);
        command.SetAction(result =>
        {
            var (output, error) = (result.InvocationConfiguration.Output, result.InvocationConfiguration.Error);
            try
            {
                var documents = source.Read(result, error, new Progress(error, time));
                TopologyOf(documents);
                return Validated(documents, output, error);
            }
            catch (CommandFailure failure)
            {
                error.WriteLine($"edgepool: {failure.Message}");
                return failure.ExitCode;
            }
        });
        return command;
    }

    /// <summary>Checks documents as a store would that has nothing else.</summary>
    private static int Validated(IReadOnlyList<WrittenDocument> documents, TextWriter output, TextWriter error)
    {
        var places = DocumentSource.Places(documents);
        var policy = documents.Select(document => new PolicyDocument(document.View.Kind, document.View.Name, 1, document.View.Spec.GetRawText())).ToList();
        var problems = PolicyCompiler.Compile(policy, 1, []).Problems;
        foreach (var problem in problems)
        {
            error.WriteLine(DocumentSource.Place(FoundProblem.Of(problem), places));
        }

        var errors = problems.Count(problem => problem.Severity is ProblemSeverity.Error);
        output.WriteLine(FormattableString.Invariant($"{errors} errors, {problems.Count - errors} warnings"));
        return errors == 0 ? ExitCode.Success : ExitCode.Failed;
    }

    private static NotedCommand Diff(TimeProvider time)
    {
        var source = new DocumentSource();
        var command = NodeCommand.Create("diff", "Show how the topology in force differs from one in a file.", Notes, async (context, cancellation) =>
        {
            var progress = new Progress(context.Error, time);
            var topology = TopologyOf(source.Read(context.Arguments, context.Error, progress));
            var reply = await ApplyCommand.ToldAsync(context, [topology], () => new DocumentSender(context.Node, progress).CheckAsync([topology], cancellation));
            if (reply is null)
            {
                return ExitCode.Failed;
            }

            ApplyCommand.Write(context, reply, dryRun: true, json: false);
            return reply.Results.All(result => result.Action is EditAction.Unchanged) ? ExitCode.Success : ExitCode.Failed;
        });
        source.AddTo(command);
        return command;
    }

    private static NotedCommand Publish(TimeProvider time)
    {
        var (source, edit) = (new DocumentSource(), new EditOptions());
        var anyway = new Option<bool>("--anyway") { Description = "Publish although the node that is asked lacks something for it: a domain in its file, or a certificate." };
        var command = NodeCommand.Create("publish", "Check a topology, and put it in force as one version.", Notes, async (context, cancellation) =>
        {
            var progress = new Progress(context.Error, time);
            var topology = TopologyOf(source.Read(context.Arguments, context.Error, progress));
            var sender = new DocumentSender(context.Node, progress);
            if (!await FitsAsync(context, topology, context.Arguments.GetValue(anyway), cancellation))
            {
                return ExitCode.Failed;
            }

            var dryRun = edit.DryRun(context);
            var reply = await ApplyCommand.ToldAsync(context, [topology], () => dryRun
                ? sender.CheckAsync([topology], cancellation)
                : sender.ApplyAsync([topology], edit.Why(context), cancellation));
            if (reply is null)
            {
                return ExitCode.Failed;
            }

            ApplyCommand.Write(context, reply, dryRun, json: false);
            return ExitCode.Success;
        });
        source.AddTo(command);
        edit.AddTo(command);
        command.Options.Add(anyway);
        return command;
    }

    /// <summary>Tells what the node lacks for the topology; false: it must not be published so.</summary>
    private static async Task<bool> FitsAsync(NodeContext context, WrittenDocument topology, bool anyway, CancellationToken cancellation)
    {
        var compiled = PolicyCompiler.Compile([new PolicyDocument(topology.View.Kind, topology.View.Name, 1, topology.View.Spec.GetRawText())], 1, []).Snapshot?.Topology;
        if (compiled is null)
        {
            return true; // What is wrong with it, the node tells with everything else.
        }

        var status = await context.Node.GetAsync("/v1/status", WireJson.Default.StatusView, cancellation);
        var certified = status.Certificates.InForce.SelectMany(ours => ours.Domains).ToHashSet(StringComparer.Ordinal);
        var lacks = TopologyFit.Lacks([.. compiled.Domains.Select(domain => domain.Name.Ascii)], [.. status.LocalDomains], certified).ToList();
        foreach (var lack in lacks)
        {
            context.Error.WriteLine($"{topology.Place("domains")}: {(anyway ? "warning" : "error")}: node {status.Node}: {lack} — partners that come there would be refused; add it there first, or publish with --anyway");
        }

        return lacks.Count == 0 || anyway;
    }

    /// <summary>The one topology among the documents of the files.</summary>
    private static WrittenDocument TopologyOf(IReadOnlyList<WrittenDocument> documents)
        => documents.SingleOrDefault(document => document.View.Kind is DocumentKinds.Topology)
            ?? throw new CommandFailure(ExitCode.Failed, "there is no document of kind Topology — name a file that has one");
}
