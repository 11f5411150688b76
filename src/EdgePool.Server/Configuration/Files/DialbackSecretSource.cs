using EdgePool.Edge.Dialback;
using EdgePool.Policy.Partners;
using EdgePool.Server.Configuration.Written;

namespace EdgePool.Server.Configuration.Files;

/// <summary>The file with the dialback secrets that the node's file names, read again while the node runs, with the checks of its start.</summary>
internal sealed class DialbackSecretSource(string folder, SecretDocument written) : IDialbackSecretSource
{
    public DialbackSecretReading Read()
    {
        var problems = new ProblemList(folder);
        var secrets = new SecretFiles(new NamedFiles(folder, problems), _ => null, problems).ReadDialback(written, "dialback");
        return new DialbackSecretReading(
            problems.HasErrors ? null : secrets,
            [.. problems.InOrder.Where(problem => problem.Severity is ProblemSeverity.Error).Select(problem => $"{problem.What} — {problem.Remedy}")]);
    }
}
