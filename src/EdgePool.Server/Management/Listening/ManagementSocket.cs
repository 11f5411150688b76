using System.Net.Sockets;
using System.Security.Cryptography;

namespace EdgePool.Server.Management.Listening;

/// <summary>The management socket cannot be opened; <see cref="Exception.Message"/> says what is wrong and what to do.</summary>
internal sealed class ManagementSocketException(string message, bool forbidden = false) : Exception(message)
{
    /// <summary>The operating system forbids it.</summary>
    public bool Forbidden { get; } = forbidden;
}

/// <summary>
/// The Unix socket at a path. It is bound in a directory that only its owner enters, made the owner's alone there, and only then moved to its path: nobody
/// ever sees it with other rights, and a socket that a dead process left is replaced in one step. A lock file beside it tells a live process from a dead one.
/// </summary>
internal sealed class ManagementSocket : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerDirectory = OwnerOnly | UnixFileMode.UserExecute;

    private readonly FileStream owned;

    private ManagementSocket(string path, Socket socket, FileStream owned) => (Path, Socket, this.owned) = (path, socket, owned);

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>The bound socket.</summary>
    public Socket Socket { get; }

    /// <summary>Opens it.</summary>
    /// <exception cref="ManagementSocketException">Another process has it, or the place cannot be used.</exception>
    public static ManagementSocket Open(string path)
    {
        FileStream? claim = null;
        try
        {
            claim = Own(path);
            if (Answers(path))
            {
                throw InUse(path);
            }

            return new ManagementSocket(path, Bind(path), claim);
        }
        catch (ManagementSocketException)
        {
            claim?.Dispose();
            throw;
        }
        catch (UnauthorizedAccessException)
        {
            claim?.Dispose();
            throw new ManagementSocketException($"cannot make the management socket {path}: user {Environment.UserName} may not write there — chown the directory to that user, or name another path under management: socket", forbidden: true);
        }
        catch (Exception fault) when (fault is IOException or SocketException)
        {
            claim?.Dispose();
            throw new ManagementSocketException($"cannot make the management socket {path}: {fault.Message} — make its directory, or name another path under management: socket");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Socket.Dispose();
        File.Delete(Path);
        owned.Dispose();
    }

    private static FileStream Own(string path)
    {
        var file = path + ".lock";
        try
        {
            return new FileStream(file, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = OwnerOnly,
            });
        }
        catch (IOException) when (File.Exists(file))
        {
            throw InUse(path);
        }
    }

    private static ManagementSocketException InUse(string path)
        => new($"cannot make the management socket {path}: another node answers there — end it, or give this one a store or a socket of its own (management: socket)");

    /// <summary>Whether some process listens at the path. Whatever else is there must not be lost.</summary>
    private static bool Answers(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException refused) when (refused.SocketErrorCode is SocketError.ConnectionRefused && IsSocket(path))
        {
            return false;
        }
        catch (SocketException)
        {
            throw new ManagementSocketException($"cannot make the management socket {path}: there is something else of that name — move it away, or name another path under management: socket");
        }
    }

    /// <summary>A file or directory refuses a connection as a dead socket does; only the latter cannot be opened (ENXIO).</summary>
    private static bool IsSocket(string path)
    {
        try
        {
            File.OpenHandle(path).Dispose();
            return false;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    private static Socket Bind(string path)
    {
        var room = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(path)!, "." + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)));
        var unready = System.IO.Path.Combine(room, "s");
        Directory.CreateDirectory(room, OwnerDirectory);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(unready));
            File.SetUnixFileMode(unready, OwnerOnly);
            File.Move(unready, path, overwrite: true);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        finally
        {
            Directory.Delete(room, recursive: true);
        }
    }
}
