namespace EdgePool.Server.Configuration.Files;

/// <summary>Reads a file that an operator named on the command line, and says why it cannot be used.</summary>
internal static class TextFile
{
    /// <summary>The text; null, and a problem of the whole file, when it cannot be read.</summary>
    /// <param name="file">The file.</param>
    /// <param name="largest">Bytes that it may have.</param>
    /// <param name="remedy">What to name instead.</param>
    /// <param name="problems">Where to tell.</param>
    public static string? Read(string file, int largest, string remedy, ProblemList problems)
    {
        try
        {
            if (new FileInfo(file) is { Exists: true } info && info.Length > largest)
            {
                problems.Unreadable(ProblemKind.Content, FormattableString.Invariant($"the file is larger than {largest / 1024 / 1024} MiB"), remedy);
                return null;
            }

            if (StrictText.TryDecode(File.ReadAllBytes(file), out var text))
            {
                return text;
            }

            problems.Unreadable(ProblemKind.Content, "the file is not UTF-8 text", "save it as UTF-8");
        }
        catch (Exception) when (Directory.Exists(file))
        {
            problems.Unreadable(ProblemKind.NoFile, "this is a directory", "name the configuration file in it");
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            problems.Unreadable(ProblemKind.NoFile, "there is no such file", remedy);
        }
        catch (UnauthorizedAccessException)
        {
            problems.Unreadable(ProblemKind.Permission, $"user {Environment.UserName} may not read it", $"chown {Environment.UserName} {file}, or run as its owner");
        }
        catch (IOException fault)
        {
            problems.Unreadable(ProblemKind.Content, "the file cannot be read", $"check the disk ({Shown.Of(fault.Message, 120)})");
        }

        return null;
    }
}
