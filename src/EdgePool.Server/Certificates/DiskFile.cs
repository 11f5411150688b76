using EdgePool.Server.Cli;
using EdgePool.Server.Configuration;
using EdgePool.Server.Configuration.Files;

namespace EdgePool.Server.Certificates;

/// <summary>
/// Files with certificates and keys: read whole up to a limit, and written whole or not at all. A file is written beside its place, flushed to the disk, and put
/// there by one rename, with its mode from the first moment.
/// </summary>
internal static class DiskFile
{
    /// <summary>Of a private key: its owner's alone.</summary>
    public const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Of a certificate: anyone may read it.</summary>
    public const UnixFileMode Public = Private | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>The bytes of a file of at most 1 MiB; null with the fault.</summary>
    public static byte[]? Read(string path, out CommandFault? fault)
    {
        fault = null;
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            var bytes = new byte[NamedFiles.LargestFile + 1];
            var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length <= NamedFiles.LargestFile)
            {
                return bytes[..length];
            }

            fault = new(ExitCode.Failed, $"{Shown.Of(path, 200)} is larger than 1 MiB", "name the file with the certificate or key alone");
        }
        catch (Exception cause) when (FaultOf(path, cause) is { } known)
        {
            fault = known;
        }

        return null;
    }

    /// <summary>Puts a file in its place.</summary>
    /// <param name="path">Where.</param>
    /// <param name="bytes">The whole content.</param>
    /// <param name="mode">Exactly this mode, whatever the umask.</param>
    /// <param name="replace">Whether a file that is there gives way; else it stays, and that is the fault.</param>
    /// <param name="owner">Whose the file shall be; null: this process's user's.</param>
    /// <returns>Null, or the fault; then nothing has changed.</returns>
    public static CommandFault? Write(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode, bool replace, FileOwner? owner = null)
    {
        var beside = path + ".new-" + Path.GetRandomFileName();
        try
        {
            WriteBeside(beside, bytes, mode, owner);
            File.Move(beside, path, replace);
            return null;
        }
        catch (IOException) when (!replace && File.Exists(path))
        {
            return Exists(path);
        }
        catch (Exception cause) when (FaultOf(path, cause) is { } known)
        {
            return known;
        }
        finally
        {
            if (File.Exists(beside))
            {
                File.Delete(beside);
            }
        }
    }

    /// <summary>The fault of a file that is in the way.</summary>
    public static CommandFault Exists(string path)
        => new(ExitCode.Failed, $"{Shown.Of(path, 200)} exists already", "choose another name, or give --force: the old file is then kept as .previous");

    /// <summary>Keeps what is at <paramref name="path"/> as <c>PATH.previous</c>; nothing where nothing is.</summary>
    public static CommandFault? KeepPrevious(string path, UnixFileMode mode, FileOwner? owner = null)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        return Read(path, out var fault) is { } old ? Write(path + ".previous", old, mode, replace: true, owner) : fault;
    }

    private static void WriteBeside(string beside, ReadOnlySpan<byte> bytes, UnixFileMode mode, FileOwner? owner)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0, UnixCreateMode = Private };
        using var stream = new FileStream(beside, options);
        owner?.Give(beside);
        File.SetUnixFileMode(stream.SafeFileHandle, mode);
        stream.Write(bytes);
        stream.Flush(flushToDisk: true);
    }

    private static CommandFault? FaultOf(string path, Exception cause)
    {
        var shown = Shown.Of(path, 200);
        return cause switch
        {
            _ when Directory.Exists(path) => new(ExitCode.Failed, $"{shown} is a directory", "name a file"),
            FileNotFoundException or DirectoryNotFoundException => new(ExitCode.NoConfiguration, $"{shown} does not exist", "correct the path"),
            UnauthorizedAccessException => new(
                ExitCode.Permission,
                $"user {Environment.UserName} may not read or write {shown}",
                "run as its owner, or as root"),
            IOException or ArgumentException or NotSupportedException => new(
                ExitCode.Failed,
                $"{shown} cannot be read or written ({Shown.Of(cause.Message, 120)})",
                "check the path and the disk"),
            _ => null,
        };
    }
}
