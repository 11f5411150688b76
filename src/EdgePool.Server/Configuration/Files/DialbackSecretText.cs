using System.Globalization;
using EdgePool.Xmpp.Dialback;

namespace EdgePool.Server.Configuration.Files;

/// <summary>The text of a file with dialback secrets: one a line, newest first; one to <see cref="DialbackSecrets.Most"/> of them. There are no comments: any line is a secret.</summary>
internal static class DialbackSecretText
{
    /// <summary>The secrets; null, with errors at <paramref name="path"/>, when they cannot be used. No secret is part of a message.</summary>
    public static IReadOnlyList<string>? Parse(string text, string path, ProblemList problems)
    {
        string[] lines = [.. text.TrimEnd('\n', '\r').Split('\n').Select(line => line.TrimEnd('\r'))];
        if (lines.Length > DialbackSecrets.Most)
        {
            var what = string.Create(CultureInfo.InvariantCulture, $"the file has {lines.Length} secrets");
            problems.Error(path, what, string.Create(CultureInfo.InvariantCulture, $"keep the newest {DialbackSecrets.Most}, one a line, newest first"));
            return null;
        }

        var good = true;
        foreach (var (index, line) in lines.Index())
        {
            var first = Array.IndexOf(lines, line);
            if (first < index)
            {
                problems.Error(path, string.Create(CultureInfo.InvariantCulture, $"line {index + 1} is the same secret as line {first + 1}"), "remove one of them");
                good = false;
            }

            good &= SecretFiles.Check(line, path, problems, of: lines.Length == 1 ? "the secret" : string.Create(CultureInfo.InvariantCulture, $"the secret in line {index + 1}"));
        }

        return good ? lines : null;
    }

    /// <summary>The text of these secrets.</summary>
    public static string Write(IEnumerable<string> newestFirst) => string.Concat(newestFirst.Select(secret => secret + "\n"));
}
