namespace EdgePool.Server.Cli.Documents;

/// <summary>The difference of two texts, line by line, as <c>diff -u</c> shows it: a space, a minus or a plus before each line.</summary>
internal static class LineDiff
{
    /// <summary>Lines around a change that are shown with it.</summary>
    private const int Context = 3;

    /// <summary>Above so many cells the table of the longest common part would cost more than it tells: then all goes and all comes.</summary>
    private const long MostCells = 4_000_000;

    /// <summary>The lines that differ with three lines around each; empty when the texts are equal. <c>…</c> stands for lines left out.</summary>
    public static IReadOnlyList<string> Of(string before, string after)
    {
        var steps = Steps(Lines(before), Lines(after));
        var shown = new bool[steps.Count];
        for (var i = 0; i < steps.Count; i++)
        {
            if (steps[i][0] is not ' ')
            {
                var from = Math.Max(0, i - Context);
                Array.Fill(shown, value: true, from, Math.Min(steps.Count, i + Context + 1) - from);
            }
        }

        return [.. Cut(steps, shown)];
    }

    private static IEnumerable<string> Cut(List<string> steps, bool[] shown)
    {
        for (var i = 0; i < steps.Count; i++)
        {
            if (shown[i])
            {
                yield return steps[i];
            }
            else if (i > 0 && shown[i - 1] && Array.IndexOf(shown, value: true, i) > 0)
            {
                yield return "…";
            }
        }
    }

    private static List<string> Steps(string[] before, string[] after)
    {
        var start = before.Zip(after).TakeWhile(pair => string.Equals(pair.First, pair.Second, StringComparison.Ordinal)).Count();
        var end = before.Skip(start).Reverse().Zip(after.Skip(start).Reverse()).TakeWhile(pair => string.Equals(pair.First, pair.Second, StringComparison.Ordinal)).Count();
        var steps = before.Take(start).Select(line => " " + line).ToList();
        steps.AddRange(Middle(before[start..^end], after[start..^end]));
        steps.AddRange(before[^end..].Select(line => " " + line));
        return steps;
    }

    private static IEnumerable<string> Middle(string[] before, string[] after)
    {
        if ((long)before.Length * after.Length > MostCells)
        {
            return before.Select(line => "-" + line).Concat(after.Select(line => "+" + line));
        }

        return Walk(before, after, Common(before, after));
    }

    /// <summary>How long the longest common part is of what follows each pair of places.</summary>
    private static int[,] Common(string[] before, string[] after)
    {
        var common = new int[before.Length + 1, after.Length + 1];
        for (var i = before.Length - 1; i >= 0; i--)
        {
            for (var j = after.Length - 1; j >= 0; j--)
            {
                common[i, j] = string.Equals(before[i], after[j], StringComparison.Ordinal)
                    ? common[i + 1, j + 1] + 1
                    : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }

        return common;
    }

    private static IEnumerable<string> Walk(string[] before, string[] after, int[,] common)
    {
        var (i, j) = (0, 0);
        while (i < before.Length || j < after.Length)
        {
            if (i < before.Length && j < after.Length && string.Equals(before[i], after[j], StringComparison.Ordinal))
            {
                yield return " " + before[i++];
                j++;
            }
            else if (j == after.Length || (i < before.Length && common[i + 1, j] >= common[i, j + 1]))
            {
                yield return "-" + before[i++];
            }
            else
            {
                yield return "+" + after[j++];
            }
        }
    }

    private static string[] Lines(string text) => text.Length == 0 ? [] : text.TrimEnd('\n').Split('\n');
}
