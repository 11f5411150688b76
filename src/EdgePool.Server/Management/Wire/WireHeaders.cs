namespace EdgePool.Server.Management.Wire;

/// <summary>Headers of the management interface.</summary>
internal static class WireHeaders
{
    /// <summary>Who is behind root: sudo's caller. Believed of root alone, which could pass for anybody anyway.</summary>
    public const string Behind = "EdgePool-Behind";
}
