using System.Reflection;

namespace EdgePool.Server;

/// <summary>This program.</summary>
internal static class Product
{
    /// <summary>Its version, with the commit.</summary>
    public static string Version { get; } = typeof(Product).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
}
