using EdgePool.Policy.Documents;

namespace EdgePool.Server.Configuration;

/// <summary>A written value as it is safe to show: see <see cref="ShownText"/>.</summary>
internal static class Shown
{
    /// <summary>Shows at most <paramref name="longest"/> characters.</summary>
    public static string Of(string text, int longest = 80) => ShownText.Of(text, longest);
}
