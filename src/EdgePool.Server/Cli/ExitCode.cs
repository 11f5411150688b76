namespace EdgePool.Server.Cli;

/// <summary>What the process tells scripts by its exit code; the numbers from 64 on are those of sysexits.h.</summary>
internal static class ExitCode
{
    /// <summary>It did what was asked.</summary>
    public const int Success = 0;

    /// <summary>The answer is no: errors in a check or in documents, a refused stanza, no such document, a certificate that does not serve; or the demo lost something.</summary>
    public const int Failed = 1;

    /// <summary>The command line is not understood.</summary>
    public const int Usage = 2;

    /// <summary>The configuration file, or another that was named, is not there.</summary>
    public const int NoConfiguration = 66;

    /// <summary>Something is not available: a port in use, an address that this machine does not have, the node that was to be spoken to.</summary>
    public const int Unavailable = 69;

    /// <summary>A fault of EdgePool itself.</summary>
    public const int Internal = 70;

    /// <summary>The operating system forbids it: a file or socket that may not be used, a port below 1024.</summary>
    public const int Permission = 77;

    /// <summary>The configuration, or a file it names, is wrong.</summary>
    public const int Configuration = 78;
}
