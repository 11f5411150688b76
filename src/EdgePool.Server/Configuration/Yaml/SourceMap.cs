namespace EdgePool.Server.Configuration.Yaml;

/// <summary>Finds paths such as <c>partners[2].domain</c> in the file they were written in.</summary>
internal sealed class SourceMap
{
    private readonly Dictionary<string, Position> places = new(StringComparer.Ordinal);

    private SourceMap()
    {
    }

    /// <summary>Knows the top of the file alone.</summary>
    public static SourceMap Empty { get; } = new();

    /// <summary>Indexes a file.</summary>
    public static SourceMap Of(YamlValue root)
    {
        var map = new SourceMap();
        map.Index(root);
        return map;
    }

    /// <summary>The place of a path; of its nearest ancestor that is written, when it is not itself.</summary>
    public Position Find(string path)
    {
        while (path.Length > 0)
        {
            if (places.TryGetValue(path, out var at))
            {
                return at;
            }

            path = path[..Math.Max(path.LastIndexOfAny(['.', '[']), 0)];
        }

        return places.GetValueOrDefault("", new Position(1, 1));
    }

    private void Index(YamlValue value)
    {
        places[value.Path] = value.At;
        var children = value switch
        {
            YamlList list => list.Items,
            YamlMapping mapping => mapping.Entries.Select(entry => entry.Value),
            _ => [],
        };
        foreach (var child in children)
        {
            Index(child);
        }
    }
}
