namespace EdgePool.Policy.Documents;

/// <summary>Guesses which known word was meant.</summary>
public static class Spelling
{
    private const int LongestWord = 64;

    /// <summary>The known word nearest to what was written; null when none is near.</summary>
    public static string? Nearest(string written, IEnumerable<string> known)
        => written.Length > LongestWord
            ? null
            : known
                .Select(word => (Word: word, Distance: Distance(written, word)))
                .Where(candidate => candidate.Distance <= Math.Max(1, Math.Min(written.Length, candidate.Word.Length) / 3))
                .OrderBy(candidate => candidate.Distance)
                .Select(candidate => candidate.Word)
                .FirstOrDefault();

    /// <summary>Edits (insert, delete, replace, swap) from one word to the other without regard to case; a part of a word is one edit away from it.</summary>
    private static int Distance(string a, string b)
    {
        if (a.Length >= 3 && b.Length >= 3
            && (b.StartsWith(a, StringComparison.OrdinalIgnoreCase) || a.StartsWith(b, StringComparison.OrdinalIgnoreCase)))
        {
            return 1;
        }

        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                d[i, j] = i == 0 || j == 0 ? i + j : Step(d, a, b, i, j);
            }
        }

        return d[a.Length, b.Length];
    }

    private static int Step(int[,] d, string a, string b, int i, int j)
    {
        var same = Same(a[i - 1], b[j - 1]);
        var least = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (same ? 0 : 1));
        return i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1]) ? Math.Min(least, d[i - 2, j - 2] + 1) : least;
    }

    private static bool Same(char x, char y) => char.ToLowerInvariant(x) == char.ToLowerInvariant(y);
}
