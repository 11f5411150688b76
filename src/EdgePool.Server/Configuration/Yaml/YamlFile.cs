using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace EdgePool.Server.Configuration.Yaml;

/// <summary>
/// Reads the plain part of YAML that a configuration needs: mappings, lists and single values, each with its place. Duplicate keys are told one by one;
/// anchors, aliases, tags and further documents are refused, as nobody sees what they do.
/// </summary>
internal sealed class YamlFile
{
    private const int DeepestNesting = 32;
    private const int MostValues = 200_000;

    private readonly Parser parser;
    private readonly ProblemList problems;
    private int values;

    private YamlFile(Parser parser, ProblemList problems)
    {
        this.parser = parser;
        this.problems = problems;
    }

    /// <summary>Parses a text of several documents, each a mapping, with <c>---</c> between them; empty ones are left out. What is wrong goes to <paramref name="problems"/>.</summary>
    public static IReadOnlyList<YamlMapping> ParseAll(string text, ProblemList problems)
    {
        var documents = new List<YamlMapping>();
        Guarded<object>(text, problems, file =>
        {
            file.Documents(documents);
            return null;
        });
        return documents;
    }

    /// <summary>Parses a text; null when it holds no mapping. What is wrong goes to <paramref name="problems"/>.</summary>
    public static YamlMapping? Parse(string text, ProblemList problems) => Guarded(text, problems, file => file.Document());

    private static T? Guarded<T>(string text, ProblemList problems, Func<YamlFile, T?> read)
        where T : class
    {
        using var reader = new StringReader(text);
        var events = new Parser(reader);
        try
        {
            return read(new YamlFile(events, problems));
        }
        catch (YamlException fault)
        {
            NotYaml(problems, fault.Start, fault.Message);
        }
        catch (InvalidOperationException)
        {
            // The scanner's way to say that a flow mapping is not closed.
            NotYaml(problems, events.Current?.End ?? Mark.Empty, "a bracket is not closed");
        }

        return null;
    }

    private static void NotYaml(ProblemList problems, Mark at, string why)
        => problems.Error(At(at), $"this is not YAML: {OneLine(why)}", "correct the indentation, quotes or brackets here or just above");

    private void Documents(List<YamlMapping> documents)
    {
        parser.Consume<StreamStart>();
        while (parser.TryConsume<DocumentStart>(out _))
        {
            values = 0;
            var root = Value("", depth: 1);
            parser.Consume<DocumentEnd>();
            switch (root)
            {
                case YamlMapping mapping:
                    documents.Add(mapping);
                    break;
                case not YamlText { IsNull: true }:
                    problems.Error(root.At, $"the document is {root.Kind}", "write kind, name and spec, each on a line of its own");
                    break;
            }
        }
    }

    private YamlMapping? Document()
    {
        parser.Consume<StreamStart>();
        if (parser.Accept<StreamEnd>(out _))
        {
            problems.Error(new Position(1, 1), "the file is empty", "start from cluster-config/minimal.yaml");
            return null;
        }

        parser.Consume<DocumentStart>();
        var root = Value("", depth: 1);
        parser.Consume<DocumentEnd>();
        if (parser.Accept<DocumentStart>(out var second))
        {
            problems.Error(At(second.Start), "a second document begins here", "keep one document in the file: remove the line ---");
        }

        switch (root)
        {
            case YamlMapping mapping:
                return mapping;
            case YamlText { IsNull: true }:
                problems.Error(new Position(1, 1), "the file is empty", "start from cluster-config/minimal.yaml");
                return null;
            default:
                problems.Error(root.At, $"the file holds {root.Kind}", "write keys and values at the top level, such as node: { name: edge-1 }");
                return null;
        }
    }

    private YamlValue Value(string path, int depth)
    {
        if (depth > DeepestNesting || ++values > MostValues)
        {
            var here = parser.Current!.Start;
            throw new YamlException(here, here, depth > DeepestNesting ? "nested too deeply" : "too many values");
        }

        RefuseTricks();
        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            return new YamlText(At(alias.Start), path, "", IsNull: true, Plain: true);
        }

        if (parser.Accept<SequenceStart>(out _))
        {
            return List(path, depth);
        }

        return parser.Accept<MappingStart>(out _) ? Mapping(path, depth) : Text(path, parser.Consume<Scalar>());
    }

    private YamlList List(string path, int depth)
    {
        var start = parser.Consume<SequenceStart>();
        var items = new List<YamlValue>();
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(Value(string.Create(CultureInfo.InvariantCulture, $"{path}[{items.Count}]"), depth + 1));
        }

        return new YamlList(At(start.Start), path, items);
    }

    private YamlMapping Mapping(string path, int depth)
    {
        var start = parser.Consume<MappingStart>();
        var entries = new List<YamlEntry>();
        var seen = new Dictionary<string, Position>(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            RefuseTricks();
            if (!parser.TryConsume<Scalar>(out var key))
            {
                var here = parser.Current!.Start;
                throw new YamlException(here, here, "a key must be a single word");
            }

            var value = Value(path.Length == 0 ? key.Value : $"{path}.{key.Value}", depth + 1);
            if (seen.TryAdd(key.Value, At(key.Start)))
            {
                entries.Add(new YamlEntry(key.Value, At(key.Start), value));
                continue;
            }

            problems.Error(At(key.Start), $"'{Shown.Of(key.Value)}' is written twice, first at line {seen[key.Value].Line}", "keep one of the two");
        }

        return new YamlMapping(At(start.Start), path, entries);
    }

    private static YamlText Text(string path, Scalar scalar)
    {
        var plain = scalar.Style is ScalarStyle.Plain;
        return new YamlText(At(scalar.Start), path, scalar.Value, IsNull: plain && scalar.Value is ("" or "~" or "null"), plain);
    }

    private void RefuseTricks()
    {
        if (parser.Current is AnchorAlias alias)
        {
            problems.Error(At(alias.Start), "aliases are not supported", "write the value out");
        }
        else if (parser.Current is NodeEvent node && (!node.Anchor.IsEmpty || (!node.Tag.IsEmpty && !node.Tag.IsNonSpecific)))
        {
            problems.Error(At(node.Start), "anchors and tags are not supported", "write the plain value");
        }
    }

    private static Position At(Mark mark) => new(checked((int)mark.Line), checked((int)mark.Column));

    private static string OneLine(string text) => Shown.Of(text.ReplaceLineEndings(" "), 200);
}
