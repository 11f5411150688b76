using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Policy.Documents;

/// <summary>How the values of enumerations are written: our own words in lower case, those of Lync Server as it spells them, versions of TLS as numbers, quirks as their table does.</summary>
public static class Words
{
    /// <summary>All words.</summary>
    public static IReadOnlyList<string> Of<T>()
        where T : struct, Enum
        => Cache<T>.Words;

    /// <summary>The word for a value.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum
        => Cased<T>(value.ToString());

    /// <summary>The value of a word in any case; null for an unknown one.</summary>
    public static T? TryParse<T>(string word)
        where T : struct, Enum
    {
        var index = Array.FindIndex(Cache<T>.Words, known => string.Equals(known, word, StringComparison.OrdinalIgnoreCase));
        return index < 0 ? null : Cache<T>.Values[index];
    }

    private static string Cased<T>(string name)
        => typeof(T) == typeof(NegotiationMode) || typeof(T) == typeof(PartnerType) ? name
        : typeof(T) == typeof(TlsVersion) ? name[^2..].Insert(1, ".")
        : typeof(T) == typeof(PartnerQuirk) ? Compatibility.NameOf(Enum.Parse<PartnerQuirk>(name))
        : name.ToLowerInvariant();

    private static class Cache<T>
        where T : struct, Enum
    {
        public static readonly T[] Values = Enum.GetValues<T>();
        public static readonly string[] Words = [.. Enum.GetNames<T>().Select(Cased<T>)];
    }
}
