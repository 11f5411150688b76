using System.CommandLine;
using EdgePool.Policy.Documents;

namespace EdgePool.Server.Cli.Documents;

/// <summary><c>KIND</c> and <c>NAME</c> of a command line.</summary>
internal static class KindArgument
{
    private const string All = "all";

    /// <summary>The kind, in any case, singular or plural.</summary>
    public static Argument<string> Kind() => Make(all: false);

    /// <summary>The kind, or <c>all</c>, which is given as an empty text.</summary>
    public static Argument<string> KindOrAll() => Make(all: true);

    private static Argument<string> Make(bool all) => new("KIND")
    {
        Description = $"{string.Join(", ", DocumentKinds.All)}{(all ? ", or all" : "")}; in any case, singular or plural.",
        CustomParser = parsed =>
        {
            var word = parsed.Tokens[0].Value;
            if (KindNames.Find(word) is { } kind)
            {
                return kind;
            }

            if (all && word is All)
            {
                return "";
            }

            parsed.AddError($"'{Configuration.Shown.Of(word)}' is no kind of document — {KindNames.Remedy(word)}");
            return "";
        },
    };

    /// <summary>The name of a document that must be named, unless the kind has one alone.</summary>
    public static Argument<string?> Name() => new("NAME")
    {
        Description = "The document's name: a partner's domain, global, site:NAME or tag:NAME, user@domain or *@domain.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>The name that was meant.</summary>
    /// <exception cref="Connection.CommandFailure">None was given, and the kind has several.</exception>
    public static string NameOf(string kind, string? written)
        => written ?? KindNames.OnlyName(kind)
            ?? throw new Connection.CommandFailure(ExitCode.Usage, $"which {kind}? — add its name, such as {KindNames.ExampleName(kind)}");
}
