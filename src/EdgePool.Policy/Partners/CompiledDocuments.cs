using EdgePool.Policy.Documents;

namespace EdgePool.Policy.Partners;

/// <summary>All documents of a compilation, each compiled by itself, in their order and by kind.</summary>
internal sealed class CompiledDocuments
{
    /// <summary>How far the two orders may be apart before a table is made.</summary>
    private const int Window = 8;
    private const int MostMisses = 64;

    private readonly Dictionary<string, List<CompiledDocument>> byKind = new(StringComparer.Ordinal);

    private CompiledDocuments(IReadOnlyList<CompiledDocument> all)
    {
        All = all;
        foreach (var compiled in all)
        {
            if (!byKind.TryGetValue(compiled.Document.Kind, out var list))
            {
                byKind.Add(compiled.Document.Kind, list = []);
            }

            list.Add(compiled);
        }
    }

    public static CompiledDocuments None { get; } = new([]);

    public IReadOnlyList<CompiledDocument> All { get; }

    /// <summary>Compiles each, taking over from an earlier compilation what has not changed.</summary>
    public static CompiledDocuments Compile(IReadOnlyList<PolicyDocument> documents, CompiledDocuments earlier)
    {
        var known = new Earlier(earlier.All);
        var all = new CompiledDocument[documents.Count];
        var shared = new SharedRules();
        for (var i = 0; i < all.Length; i++)
        {
            all[i] = known.Find(documents[i]) ?? CompiledDocument.Compile(documents[i], shared);
        }

        return new CompiledDocuments(all);
    }

    /// <summary>The documents of a kind, in their order.</summary>
    public IReadOnlyList<CompiledDocument> Of(string kind) => byKind.TryGetValue(kind, out var list) ? list : [];

    /// <summary>The documents of a kind are the very ones of another compilation.</summary>
    public bool Same(CompiledDocuments other, string kind)
    {
        var (mine, others) = (Of(kind), other.Of(kind));
        if (mine.Count != others.Count)
        {
            return false;
        }

        for (var i = 0; i < mine.Count; i++)
        {
            if (!ReferenceEquals(mine[i], others[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Walks along an earlier list: documents mostly come in the order in which they came last time. Where they do not, a table is made.</summary>
    private sealed class Earlier(IReadOnlyList<CompiledDocument> list)
    {
        private Dictionary<(string Kind, string Name), CompiledDocument>? table;
        private int next;
        private int misses;

        public CompiledDocument? Find(PolicyDocument document)
            => (ByOrder(document) ?? ByTable(document)) is { } found
                && found.Document.Version == document.Version
                && string.Equals(found.Document.Body, document.Body, StringComparison.Ordinal) ? found : null;

        private CompiledDocument? ByOrder(PolicyDocument document)
        {
            for (var i = next; i < Math.Min(next + Window, list.Count); i++)
            {
                if (string.Equals(list[i].Document.Name, document.Name, StringComparison.Ordinal)
                    && string.Equals(list[i].Document.Kind, document.Kind, StringComparison.Ordinal))
                {
                    next = i + 1;
                    return list[i];
                }
            }

            return null;
        }

        /// <summary>A few that are not found are new, or not worth a table.</summary>
        private CompiledDocument? ByTable(PolicyDocument document)
        {
            if (list.Count == 0 || ++misses <= MostMisses)
            {
                return null;
            }

            if (table is null)
            {
                table = new Dictionary<(string Kind, string Name), CompiledDocument>(list.Count);
                foreach (var compiled in list)
                {
                    table.TryAdd((compiled.Document.Kind, compiled.Document.Name), compiled);
                }
            }

            return table.GetValueOrDefault((document.Kind, document.Name));
        }
    }
}
