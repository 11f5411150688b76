using System.Text;
using EdgePool.Server.Configuration.Written;

namespace EdgePool.Server.Configuration.Compilation;

/// <summary>
/// Finds the store's directory and the management socket. A node with a store has its socket in the store's directory unless another is written;
/// a node that takes its partners from its file has one only where one is written, as nothing else of it is kept on the disk.
/// </summary>
internal sealed class ManagementCompiler(string folder, ProblemList problems)
{
    /// <summary>What <c>sun_path</c> of unix(7) holds, less its ending zero and what the socket's name needs more until it is ready.</summary>
    public const int LongestSocketPath = 98;

    private const UnixFileMode WritableByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>Compiles.</summary>
    public ManagementSettings Compile(NodeDocument document)
    {
        var paths = Paths(document, folder);
        if (paths.StoreDirectory is { } directory)
        {
            CheckDirectory(directory);
        }

        if (paths.Socket is { } socket)
        {
            CheckSocket(socket, document.ManagementSocket is null ? "store.directory" : "management.socket", ours: string.Equals(Path.GetDirectoryName(socket), paths.StoreDirectory, StringComparison.Ordinal));
        }

        return paths;
    }

    /// <summary>The paths as they follow from the file, unchecked.</summary>
    public static ManagementSettings Paths(NodeDocument document, string folder)
    {
        var directory = document.Store?.Directory is { Length: > 0 } written ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(written, folder)) : null;
        var socket = document.ManagementSocket is { Length: > 0 } named ? Path.GetFullPath(named, folder) : null;
        return new ManagementSettings(directory, socket ?? (directory is null ? null : Path.Combine(directory, ManagementSettings.SocketName)));
    }

    private void CheckDirectory(string directory)
    {
        var shown = Shown.Of(directory, 200);
        if (File.Exists(directory))
        {
            problems.Error("store.directory", $"{shown} is a file", "name a directory; the node makes it when it is not there");
        }
        else if (Directory.Exists(directory) && (File.GetUnixFileMode(directory) & WritableByOthers) is not UnixFileMode.None)
        {
            problems.Error("store.directory", $"other users may write to {shown}", $"chmod 700 {shown}");
        }
        else if (!Directory.Exists(directory) && !Directory.Exists(Path.GetDirectoryName(directory)))
        {
            problems.Error("store.directory", $"{Shown.Of(Path.GetDirectoryName(directory)!, 200)} does not exist", $"install -d -m 700 -o {Environment.UserName} {shown}");
        }
    }

    private void CheckSocket(string socket, string path, bool ours)
    {
        var shown = Shown.Of(socket, 200);
        if (Encoding.UTF8.GetByteCount(socket) > LongestSocketPath)
        {
            problems.Error(path, $"the path of the socket {shown} is longer than {LongestSocketPath} bytes", "write a shorter one: management: { socket: /run/edgepool/edgepool.sock }");
        }

        if (Directory.Exists(socket))
        {
            problems.Error(path, $"{shown} is a directory", "name the socket in it, such as edgepool.sock");
        }
        else if (!ours && !Directory.Exists(Path.GetDirectoryName(socket)))
        {
            problems.Error(path, $"{Shown.Of(Path.GetDirectoryName(socket)!, 200)} does not exist", "make the directory, or let the service manager make it (RuntimeDirectory=edgepool)");
        }
    }
}
