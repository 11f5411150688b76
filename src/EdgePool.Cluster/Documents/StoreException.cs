namespace EdgePool.Cluster.Documents;

/// <summary>Why a store cannot be opened or read.</summary>
public enum StoreFault
{
    /// <summary>The system's SQLite library is not installed.</summary>
    LibraryMissing,

    /// <summary>The operating system forbids it, or the file is open to other users.</summary>
    Permission,

    /// <summary>Another process has the store open.</summary>
    InUse,

    /// <summary>The file is damaged.</summary>
    Corrupt,

    /// <summary>The file is something else than a store of EdgePool.</summary>
    Foreign,

    /// <summary>A newer EdgePool wrote the file.</summary>
    NewerSchema,

    /// <summary>Too many wait for the store.</summary>
    Busy,

    /// <summary>The store does not answer: the disk fails, or (a cluster's store) no member of it can be reached.</summary>
    Unavailable,
}

/// <summary>A store cannot be opened or read. The message is one line that names the store and what to do.</summary>
public sealed class StoreException(StoreFault fault, string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The case.</summary>
    public StoreFault Fault { get; } = fault;
}
