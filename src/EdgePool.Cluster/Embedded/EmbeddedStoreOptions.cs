using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Embedded;

/// <summary>Where an embedded store lies, and its limits.</summary>
public sealed record EmbeddedStoreOptions
{
    /// <summary>The file, such as <c>/var/lib/edgepool/store.db</c>. Beside it lie <c>-wal</c> and <c>-shm</c> while it is open, and <c>.lock</c> always.</summary>
    public required string Path { get; init; }

    /// <summary>How much it takes.</summary>
    public StoreLimits Limits { get; init; } = StoreLimits.Default;

    /// <summary>Bytes of the file; a write beyond is refused. SQLite counts whole pages of 4 KiB.</summary>
    public long MaxFileBytes { get; init; } = 16L * 1024 * 1024 * 1024;

    /// <summary>Writes that wait, and readings that wait; one more of a sort is refused.</summary>
    public int MaxWaiting { get; init; } = 1024;

    /// <summary>Bytes of the writes that wait, by their text in memory. What comes while nothing waits is taken whatever its size.</summary>
    public long MaxWaitingBytes { get; init; } = 256 * 1024 * 1024;

    /// <summary>The whole file is checked at opening up to this size; a larger one where it is read. A gigabyte takes some seconds.</summary>
    public long MaxCheckedBytes { get; init; } = 256 * 1024 * 1024;
}
