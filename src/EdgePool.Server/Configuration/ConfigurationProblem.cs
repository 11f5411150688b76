using System.Globalization;
using System.Runtime.InteropServices;
using EdgePool.Policy.Partners;

namespace EdgePool.Server.Configuration;

/// <summary>A place in a text, both counted from 1.</summary>
/// <param name="Line">The line.</param>
/// <param name="Column">The column.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Position(int Line, int Column);

/// <summary>What kind of fault it is, for the exit code.</summary>
internal enum ProblemKind
{
    /// <summary>What is written, or a file it names, is wrong.</summary>
    Content,

    /// <summary>The configuration file itself is not there.</summary>
    NoFile,

    /// <summary>The operating system does not let this user read a file.</summary>
    Permission,

    /// <summary>This machine lacks something that every configuration needs.</summary>
    Machine,
}

/// <summary>One thing wrong in the configuration. <see cref="ToString"/> gives the line that operators read.</summary>
/// <param name="Severity">Whether the node can run all the same.</param>
/// <param name="Kind">What kind of fault.</param>
/// <param name="File">The configuration file.</param>
/// <param name="Position">Where in it; null when the file could not be read.</param>
/// <param name="What">What is wrong.</param>
/// <param name="Remedy">What to do.</param>
internal sealed record ConfigurationProblem(
    ProblemSeverity Severity,
    ProblemKind Kind,
    string File,
    Position? Position,
    string What,
    string Remedy)
{
    /// <summary><c>FILE:LINE:COLUMN: error: what — remedy</c>.</summary>
    public override string ToString()
    {
        var place = Position is { } at ? string.Create(CultureInfo.InvariantCulture, $"{File}:{at.Line}:{at.Column}") : File;
        var severity = Severity is ProblemSeverity.Error ? "error" : "warning";
        return $"{place}: {severity}: {What} — {Remedy}";
    }
}
