using System.CommandLine;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Topologies;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Cli.Documents;
using EdgePool.Server.Cli.Topologies;
using EdgePool.Server.Management.Documents;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Dns;

/// <summary>The topology that a command works on: that in force at the node, or one in a file.</summary>
internal sealed class TopologySource(TimeProvider time)
{
    private readonly Option<string?> file = new("--filename", "-f")
    {
        Description = "A topology in a file, in place of the one in force; no node is asked.",
        HelpName = "FILE",
    };

    /// <summary>Adds the option to a command.</summary>
    public void AddTo(Command command) => command.Options.Add(file);

    /// <summary>A file was named.</summary>
    public bool IsFile(NodeContext context) => context.Arguments.GetValue(file) is not null;

    /// <summary>The topology.</summary>
    /// <exception cref="CommandFailure">There is none, or it is wrong; what is, is told.</exception>
    public async Task<Topology> ReadAsync(NodeContext context, CancellationToken cancellation)
        => context.Arguments.GetValue(file) is { } name
            ? OfFile(context, name)
            : TopologyViews.Compiled(await context.Node.GetAsync(
                DocumentPaths.Document(DocumentKinds.Topology, DocumentKinds.TopologyName), WireJson.Default.StoredView, cancellation));

    private Topology OfFile(NodeContext context, string name)
    {
        var reader = new DocumentFiles(Console.In, new Progress(context.Error, time));
        var documents = reader.Read([name]);
        foreach (var problem in reader.Problems)
        {
            context.Error.WriteLine(problem.ToString());
        }

        if (ConfigurationReport.ExitCodeOf(reader.Problems) is not ExitCode.Success and var code)
        {
            throw new CommandFailure(code is ExitCode.Configuration ? ExitCode.Failed : code, "there are errors — correct them and try again");
        }

        var topology = documents.SingleOrDefault(document => document.View.Kind is DocumentKinds.Topology)
            ?? throw new CommandFailure(ExitCode.Failed, "there is no document of kind Topology — name a file that has one");
        var compilation = PolicyCompiler.Compile([new PolicyDocument(topology.View.Kind, topology.View.Name, 0, topology.View.Spec.GetRawText())], 0, []);
        foreach (var problem in compilation.Problems)
        {
            context.Error.WriteLine(topology.Problem(FoundProblem.Of(problem)).ToString());
        }

        return compilation.Snapshot?.Topology ?? throw new CommandFailure(ExitCode.Failed, "the topology has errors — correct them and try again");
    }
}
