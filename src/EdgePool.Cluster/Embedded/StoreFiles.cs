using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Embedded;

/// <summary>The files of a store: the owner's alone, and one process's at a time.</summary>
internal static class StoreFiles
{
    // errno of a lock that another one has.
    private const int WouldBlock = 11;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>
    /// Makes sure of the store's directory (0700 where it is new) and file (0600), and takes the lock, which lasts until the stream is closed or the
    /// process ends, however it ends.
    /// </summary>
    /// <param name="path">The full path of the store.</param>
    /// <exception cref="StoreException">Another process has it, the system forbids it, or it is no file.</exception>
    public static FileStream Claim(string path)
    {
        if (Directory.Exists(path))
        {
            throw new StoreException(StoreFault.Foreign, $"{path} is a directory: name the store's file in it");
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!, OwnerOnly | UnixFileMode.UserExecute);
            var held = Lock(path);
            try
            {
                Prepare(path);
                return held;
            }
            catch
            {
                held.Dispose();
                throw;
            }
        }
        catch (UnauthorizedAccessException fault)
        {
            throw Faults.Forbidden(path, fault);
        }
        catch (IOException fault)
        {
            throw new StoreException(StoreFault.Unavailable, $"the store {path} cannot be opened: {fault.Message} — name a directory on a local disk, in which user {Environment.UserName} may make files", fault);
        }
    }

    private static FileStream Lock(string path)
    {
        var name = path + ".lock";
        try
        {
            return new FileStream(name, Options(FileMode.OpenOrCreate, FileShare.None));
        }
        catch (IOException fault) when (fault.HResult == WouldBlock)
        {
            throw new StoreException(StoreFault.InUse, $"the store {path} is open in another process: stop that one first (fuser {name} names it)", fault);
        }
    }

    private static void Prepare(string path)
    {
        foreach (var name in (ReadOnlySpan<string>)[path, path + "-wal", path + "-shm"])
        {
            if (File.Exists(name) && (File.GetUnixFileMode(name) & Others) is not UnixFileMode.None)
            {
                var mode = Convert.ToString((int)File.GetUnixFileMode(name), 8);
                throw new StoreException(StoreFault.Permission, $"the store's file {name} is open to other users (mode {mode}): chmod 600 {name}");
            }
        }

        // SQLite gives the files beside it the mode of this one.
        using var file = new FileStream(path, Options(FileMode.OpenOrCreate, FileShare.ReadWrite));
    }

    private static FileStreamOptions Options(FileMode mode, FileShare share)
        => new() { Mode = mode, Access = FileAccess.ReadWrite, Share = share, BufferSize = 0, UnixCreateMode = OwnerOnly };
}
