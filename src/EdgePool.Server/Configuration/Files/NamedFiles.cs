using Microsoft.Win32.SafeHandles;

namespace EdgePool.Server.Configuration.Files;

/// <summary>
/// Reads the files that a configuration names, relative to its own folder, and says why one cannot be used. A file that holds a secret must be the owner's alone:
/// the mode is taken from the open handle, so that it is the mode of what is read.
/// </summary>
internal sealed class NamedFiles(string folder, ProblemList problems)
{
    /// <summary>More than any certificate bundle; the system's own is a quarter of it.</summary>
    public const int LargestFile = 1024 * 1024;

    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Where relative names begin.</summary>
    public string Folder => folder;

    /// <summary>Reads a file; null, and an error at <paramref name="path"/>, when it cannot be used.</summary>
    /// <param name="name">The file as written.</param>
    /// <param name="path">Where in the configuration it is named.</param>
    /// <param name="secret">Nobody but its owner may read it.</param>
    public string? Read(string name, string path, bool secret)
    {
        var file = Path.GetFullPath(name, folder);
        var shown = Shown.Of(file, 200);
        try
        {
            using var handle = File.OpenHandle(file);
            if (secret && (File.GetUnixFileMode(handle) & Others) is not UnixFileMode.None)
            {
                var mode = Convert.ToString((int)File.GetUnixFileMode(handle), 8);
                problems.Error(path, $"{shown} is open to other users (mode {mode})", $"chmod 600 {shown}");
                return null;
            }

            return Text(handle, path, shown);
        }
        catch (Exception) when (Directory.Exists(file))
        {
            return Refuse(path, $"{shown} is a directory", "name the file in it");
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            return Refuse(path, $"{shown} does not exist", $"put it there, or correct the path: relative paths begin at {Shown.Of(folder, 200)}");
        }
        catch (UnauthorizedAccessException)
        {
            var user = Environment.UserName;
            return Refuse(path, $"{shown} may not be read by user {user}", $"chown {user} {shown}", ProblemKind.Permission);
        }
        catch (Exception fault) when (fault is IOException or ArgumentException or NotSupportedException)
        {
            return Refuse(path, $"{shown} cannot be read", $"check the path and the disk ({Shown.Of(fault.Message, 120)})");
        }
    }

    private string? Text(SafeFileHandle handle, string path, string shown)
    {
        using var stream = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        // One byte more than there should be tells a larger file; a pipe says nothing of its length.
        var expected = stream is { CanSeek: true, Length: > 0 and <= LargestFile } ? (int)stream.Length : LargestFile;
        var bytes = new byte[expected + 1];
        var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (length > expected)
        {
            problems.Error(path, $"{shown} is larger than 1 MiB, or grows", "name the file with the certificate, key or secret alone");
            return null;
        }

        if (!StrictText.TryDecode(bytes.AsSpan(0, length), out var text))
        {
            problems.Error(path, $"{shown} is not text", "give it as PEM (it begins with -----BEGIN) or as UTF-8; openssl converts DER and PKCS #12");
        }

        return text;
    }

    private string? Refuse(string path, string what, string remedy, ProblemKind kind = ProblemKind.Content)
    {
        problems.Error(path, what, remedy, kind);
        return null;
    }
}
