using System.Security.Cryptography;
using EdgePool.Dns.Resolving;

namespace EdgePool.Server.Configuration;

/// <summary>What a configuration takes from outside its files.</summary>
/// <param name="Time">For what expires.</param>
/// <param name="Variable">An environment variable; null when it is not set.</param>
/// <param name="RandomBytes">So many bytes that nobody can guess.</param>
internal sealed record ConfigurationEnvironment(TimeProvider Time, Func<string, string?> Variable, Func<int, byte[]> RandomBytes)
{
    /// <summary>Where the machine's name servers are written.</summary>
    public string ResolvConfFile { get; init; } = ResolvConf.DefaultPath;

    /// <summary>The real one.</summary>
    public static ConfigurationEnvironment System { get; } = new(TimeProvider.System, Environment.GetEnvironmentVariable, RandomNumberGenerator.GetBytes);
}
