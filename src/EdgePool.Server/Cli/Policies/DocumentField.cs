using System.CommandLine;
using System.Text.Json.Nodes;
using EdgePool.Server.Cli.Connection;

namespace EdgePool.Server.Cli.Policies;

/// <summary>
/// An option that sets one value of a document. The node judges the value, so that a file, the command line and every other way in are judged alike.
/// </summary>
/// <param name="Key">Where it stands in the document: <c>rules.messages</c>.</param>
/// <param name="Option">The option.</param>
/// <param name="Put">Makes the value of what the command line says; null takes the key away.</param>
internal sealed record DocumentField(string Key, Option Option, Func<ParseResult, JsonNode?> Put)
{
    /// <summary>What takes a value back to its default.</summary>
    public const string Default = "default";

    /// <summary>What an empty list is written as.</summary>
    public const string None = "none";

    /// <summary>A single value: a text, number, size, time, flag or word.</summary>
    public static DocumentField Single(string option, string key, string helpName, string description)
    {
        var made = new Option<string>(option) { Description = description, HelpName = helpName };
        return new DocumentField(key, made, result => result.GetValue(made) is { Length: > 0 } value and not Default ? JsonValue.Create(value) : null);
    }

    /// <summary>Yes or no; the option alone means yes.</summary>
    public static DocumentField Flag(string option, string key, string description)
    {
        var made = new Option<string?>(option) { Description = description, HelpName = "true|false", Arity = ArgumentArity.ZeroOrOne };
        made.AcceptOnlyFromAmong("true", "false", Default);
        return new DocumentField(key, made, result => result.GetValue(made) is Default ? null : JsonValue.Create(result.GetValue(made) ?? "true"));
    }

    /// <summary>A list, which takes the place of the one before.</summary>
    public static DocumentField List(string option, string key, string helpName, string description)
    {
        var made = Several(option, helpName + ",…", description);
        return new DocumentField(key, made, result => Items(result.GetValue(made)!));
    }

    /// <summary>Files whose texts become a list.</summary>
    public static DocumentField Files(string option, string key, string description, Func<string, string> read)
    {
        var made = Several(option, "FILE", description);
        return new DocumentField(key, made, result => result.GetValue(made) is [Default] ? null : Array(result.GetValue(made)!.Select(read)));
    }

    /// <summary>Puts the value that the command line gives, if any, into a document.</summary>
    public bool Apply(NodeContext context, JsonObject document)
    {
        if (context.Arguments.GetResult(Option) is not { Implicit: false })
        {
            return false;
        }

        DocumentTree.Put(document, Key, Put(context.Arguments));
        return true;
    }

    private static JsonArray? Items(string[] written) => written switch
    {
        [Default] => null,
        [None] => [],
        _ => Array(written.SelectMany(text => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))),
    };

    private static JsonArray Array(IEnumerable<string> texts) => new([.. texts.Select(text => JsonValue.Create(text))]);

    private static Option<string[]> Several(string option, string helpName, string description)
        => new(option) { Description = description, HelpName = helpName, AllowMultipleArgumentsPerToken = false };
}

/// <summary>Values inside documents, by their path.</summary>
internal static class DocumentTree
{
    /// <summary>Sets the value of <c>rules.messages</c>; null takes it away, and with it what becomes empty above it.</summary>
    public static void Put(JsonObject document, string key, JsonNode? value)
    {
        var dot = key.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0)
        {
            Set(document, key, value);
            return;
        }

        var inner = document[key[..dot]] as JsonObject ?? [];
        document.Remove(key[..dot]);
        Put(inner, key[(dot + 1)..], value);
        if (inner.Count > 0)
        {
            document[key[..dot]] = inner;
        }
    }

    private static void Set(JsonObject document, string key, JsonNode? value)
    {
        document.Remove(key);
        if (value is not null)
        {
            document[key] = value;
        }
    }
}
