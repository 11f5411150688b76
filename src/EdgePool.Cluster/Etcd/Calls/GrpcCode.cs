namespace EdgePool.Cluster.Etcd.Calls;

/// <summary>How a call ended (gRPC's status codes); the ones that no code of ours looks at are not listed.</summary>
internal enum GrpcCode
{
    /// <summary>As it should.</summary>
    Ok = 0,

    /// <summary>The other side cannot say.</summary>
    Unknown = 2,

    /// <summary>The request is wrong, or larger than etcd takes.</summary>
    InvalidArgument = 3,

    /// <summary>No answer in time.</summary>
    DeadlineExceeded = 4,

    /// <summary>No such lease.</summary>
    NotFound = 5,

    /// <summary>This user may not.</summary>
    PermissionDenied = 7,

    /// <summary>Too many requests, or the database is full.</summary>
    ResourceExhausted = 8,

    /// <summary>The revision is compacted, or yet to come.</summary>
    OutOfRange = 11,

    /// <summary>The answer is not what gRPC allows.</summary>
    Internal = 13,

    /// <summary>This member does not serve now.</summary>
    Unavailable = 14,

    /// <summary>Nobody knows this user.</summary>
    Unauthenticated = 16,
}
