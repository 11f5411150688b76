namespace EdgePool.Interop.Tests.Servers;

/// <summary>
/// The real software that the tests need. What is absent skips a test on a developer's machine and fails it where
/// <c>CI=true</c>: there a skipped proof would pass for a proof.
/// </summary>
internal static class Programs
{
    private static readonly string[] Folders =
        [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries), "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    /// <summary>Ends the test unless every program is installed.</summary>
    public static void Require(params string[] names)
    {
        foreach (var name in names)
        {
            if (Find(name) is null)
                Missing($"{name} is not installed");
        }
    }

    /// <summary>Ends the test unless Debian's Python knows the module.</summary>
    public static void RequirePythonModule(string module)
    {
        if (!Directory.Exists($"/usr/lib/python3/dist-packages/{module}"))
            Missing($"python3-{module} is not installed");
    }

    /// <summary>Ends the test unless Lua 5.4 knows the compiled module.</summary>
    public static void RequireLuaModule(string module, string package)
    {
        if (!Directory.EnumerateDirectories("/usr/lib", "*-linux-gnu*").Any(folder => File.Exists($"{folder}/lua/5.4/{module}.so")))
            Missing($"{package} is not installed");
    }

    /// <summary>The program's full path.</summary>
    public static string PathOf(string name) => Find(name) ?? throw new FileNotFoundException($"{name} is not installed");

    private static string? Find(string name) =>
        name.StartsWith('/') ? (File.Exists(name) ? name : null) : Folders.Select(f => Path.Combine(f, name)).FirstOrDefault(File.Exists);

    private static void Missing(string reason)
    {
        if (string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
            Assert.Fail(reason + " (and CI=true makes that a failure)");
        Assert.Skip(reason);
    }
}
