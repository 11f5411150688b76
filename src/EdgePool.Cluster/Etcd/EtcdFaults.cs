using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Etcd.Calls;

namespace EdgePool.Cluster.Etcd;

/// <summary>What a failed call means for who reads or writes a store.</summary>
internal static class EtcdFaults
{
    /// <summary>Of any call.</summary>
    public static StoreException Of(EtcdException fault) => fault switch
    {
        { Outcome: Outcome.Untrusted } => new StoreException(
            StoreFault.Permission, $"{fault.Message}: compare the authorities, certificate and key that the configuration names with those of etcd", fault),
        { Code: GrpcCode.InvalidArgument } when fault.Message.Contains("user name is empty", StringComparison.Ordinal) => new StoreException(
            StoreFault.Permission, $"{fault.Message}: etcd asks for users, and this node shows none: use https with a certificate whose CN is its user", fault),
        { Code: GrpcCode.PermissionDenied or GrpcCode.Unauthenticated } => new StoreException(
            StoreFault.Permission, $"{fault.Message}: give this node's user of etcd (the CN of its certificate) read and write on the deployment's prefix", fault),
        { Code: GrpcCode.ResourceExhausted } => new StoreException(StoreFault.Unavailable, $"{fault.Message}: compact and defragment etcd, or raise its quota (--quota-backend-bytes)", fault),
        _ => new StoreException(StoreFault.Unavailable, fault.Message, fault),
    };

    /// <summary>Of a write.</summary>
    public static Refusal OfWriting(EtcdException fault)
        => new(
            fault.Code is GrpcCode.ResourceExhausted && fault.Message.Contains("space", StringComparison.Ordinal) ? RefusalReason.Full : RefusalReason.Unavailable,
            fault.Outcome is Outcome.Unknown ? $"{fault.Message}; whether the change was made is not known: look before you make it again" : Of(fault).Message);
}
