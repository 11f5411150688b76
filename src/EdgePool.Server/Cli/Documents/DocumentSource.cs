using System.CommandLine;
using EdgePool.Policy.Documents;
using EdgePool.Server.Cli.Connection;

namespace EdgePool.Server.Cli.Documents;

/// <summary><c>-f FILE</c>: the documents that a command works on.</summary>
internal sealed class DocumentSource
{
    private readonly Option<string[]> files = new("--filename", "-f")
    {
        Description = "A file, a directory (its *.yaml, *.yml and *.json) or - for standard input. May be given several times.",
        HelpName = "FILE",
        Required = true,
    };

    /// <summary>Adds the option to a command.</summary>
    public void AddTo(Command command) => command.Options.Add(files);

    /// <summary>The documents.</summary>
    /// <exception cref="CommandFailure">A file is wrong; its problems are told.</exception>
    public IReadOnlyList<WrittenDocument> Read(ParseResult arguments, TextWriter error, Progress progress)
    {
        var reader = new DocumentFiles(Console.In, progress);
        var documents = reader.Read(arguments.GetRequiredValue(files));
        foreach (var problem in reader.Problems)
        {
            error.WriteLine(problem.ToString());
        }

        var code = ConfigurationReport.ExitCodeOf(reader.Problems);
        if (code is not ExitCode.Success)
        {
            // A document of an operator is what the command was asked to judge: that it is wrong is an answer.
            throw new CommandFailure(code is ExitCode.Configuration ? ExitCode.Failed : code, "nothing more was done, as there are errors — correct them and try again");
        }

        return documents.Count > 0 ? documents : throw new CommandFailure(ExitCode.Failed, "there is no document — name files with documents in them");
    }

    /// <summary>The documents by name: as written, and in the canonical form that the node may use.</summary>
    public static Dictionary<(string Kind, string Name), WrittenDocument> Places(IReadOnlyList<WrittenDocument> documents)
    {
        var places = documents.ToDictionary(document => (document.View.Kind, document.View.Name));
        foreach (var document in documents)
        {
            places.TryAdd((document.View.Kind, DocumentReader.Read(document.View.Kind, document.View.Name, "{}").Name), document);
        }

        return places;
    }

    /// <summary>The line that operators read of a problem that the node found in one of the documents.</summary>
    public static string Place(Management.Wire.DocumentProblem problem, Dictionary<(string Kind, string Name), WrittenDocument> places)
        => places.GetValueOrDefault((problem.Kind, problem.Name))?.Problem(problem).ToString() ?? EditReport.Shown(problem);
}
