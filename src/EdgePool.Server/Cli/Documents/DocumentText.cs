using System.Text;
using System.Text.Json;
using EdgePool.Server.Configuration.Yaml;

namespace EdgePool.Server.Cli.Documents;

/// <summary>Documents as the YAML that <c>edgepool apply</c> reads.</summary>
internal static class DocumentText
{
    /// <summary>One document. With its version, so that whoever applies it again hears of changes in between.</summary>
    public static string Of(string kind, string name, long? version, JsonElement? spec)
    {
        var text = new StringBuilder();
        text.Append("kind: ").Append(kind).Append("\nname: ").Append(YamlWriter.Quoted(name)).Append('\n');
        if (version is { } number)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"version: {number}\n");
        }

        return text.Append(Spec(spec)).ToString();
    }

    /// <summary>The spec alone; empty when there is none.</summary>
    public static string Spec(JsonElement? spec)
    {
        if (spec is not { } value)
        {
            return "";
        }

        var lines = YamlWriter.Write(value);
        return lines is "{}\n" ? "spec: {}\n" : "spec:\n" + string.Concat(lines.TrimEnd('\n').Split('\n').Select(line => "  " + line + "\n"));
    }
}
