namespace EdgePool.Server.Certificates;

/// <summary>Why a command about certificates cannot do what was asked.</summary>
/// <param name="Code">The exit code.</param>
/// <param name="What">What is wrong.</param>
/// <param name="Remedy">What to do.</param>
internal sealed record CommandFault(int Code, string What, string Remedy)
{
    /// <summary><c>edgepool: what — remedy</c>.</summary>
    public override string ToString() => $"edgepool: {What} — {Remedy}";
}
