using System.Reflection;
using System.Runtime.InteropServices;
using EdgePool.Cluster.Documents;
using SQLitePCL;

namespace EdgePool.Cluster.Embedded;

/// <summary>The system's SQLite library, which the system's updates patch: we bring none of our own.</summary>
internal static class SystemSqlite
{
    private const string Library = "libsqlite3.so.0";
    private static readonly Lock Gate = new();
    private static bool loaded;

    /// <summary>Loads the library, once in a process.</summary>
    /// <exception cref="StoreException"><see cref="StoreFault.LibraryMissing"/>.</exception>
    public static void Load()
    {
        lock (Gate)
        {
            if (loaded)
            {
                return;
            }

            var handle = Open(Library);
            NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, (name, _, _) => name is "e_sqlite3" ? handle : nint.Zero);
            raw.SetProvider(new SQLite3Provider_e_sqlite3());
            loaded = true;
        }
    }

    /// <summary>The handle of a library, by the name that the system's loader knows.</summary>
    internal static nint Open(string library)
        => NativeLibrary.TryLoad(library, Assembly.GetExecutingAssembly(), DllImportSearchPath.SafeDirectories, out var handle)
            ? handle
            : throw new StoreException(
                StoreFault.LibraryMissing,
                $"the library {library} is not installed (Debian and Ubuntu: apt-get install libsqlite3-0; Fedora: dnf install sqlite-libs; Alpine: apk add sqlite-libs)");
}
