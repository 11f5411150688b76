namespace EdgePool.Edge;

/// <summary>There is no name server to ask: the options name none, and the system's file cannot be read or names none.</summary>
public sealed class NameServerException : Exception
{
    internal NameServerException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
