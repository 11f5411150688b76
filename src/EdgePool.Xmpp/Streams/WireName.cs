using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace EdgePool.Xmpp.Streams;

/// <summary>The name on the wire, and in logs and metrics, of each member of a closed vocabulary: lower case, hyphenated.</summary>
internal static class WireName<T> where T : struct, Enum
{
    private static readonly FrozenDictionary<T, string> Names = Enum.GetValues<T>().ToFrozenDictionary(v => v, v => Hyphenate(v.ToString()));
    private static readonly FrozenDictionary<string, T> Values = Names.ToFrozenDictionary(n => n.Value, n => n.Key, StringComparer.Ordinal);

    /// <summary>The name of a member.</summary>
    public static string Of(T value) => Names[value];

    /// <summary>The member of a name; false for a name that the vocabulary does not hold.</summary>
    public static bool TryParse([NotNullWhen(true)] string? name, out T value)
    {
        value = default;
        return name is not null && Values.TryGetValue(name, out value);
    }

    private static string Hyphenate(string member)
    {
        var name = new StringBuilder(member.Length + 4);
        foreach (var letter in member)
        {
            if (char.IsAsciiLetterUpper(letter) && name.Length > 0)
                name.Append('-');
            name.Append(char.ToLowerInvariant(letter));
        }

        return name.ToString();
    }
}
