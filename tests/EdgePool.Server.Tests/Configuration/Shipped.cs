using System.Runtime.CompilerServices;

namespace EdgePool.Server.Tests.Configuration;

/// <summary>The files of cluster-config.</summary>
internal static class Shipped
{
    public static string Folder([CallerFilePath] string here = "")
        => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../cluster-config"));

    public static string Read(string name) => File.ReadAllText(Path.Combine(Folder(), name));
}
