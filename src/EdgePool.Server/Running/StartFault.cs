using System.Net.Sockets;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Secrets;
using EdgePool.Edge;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Peers;
using EdgePool.Policy.Partners;
using EdgePool.Server.Management.Listening;

namespace EdgePool.Server.Running;

/// <summary>Why a node does not start, as operators and scripts are told.</summary>
/// <param name="Message">What is wrong and what to do.</param>
/// <param name="ExitCode">One of <see cref="Cli.ExitCode"/>.</param>
internal sealed record StartFault(string Message, int ExitCode)
{
    /// <summary>The fault behind an exception; null where it is one of our own.</summary>
    public static StartFault? Of(Exception fault) => fault switch
    {
        ListenException listen => CannotListen(listen),
        ManagementSocketException socket => new StartFault(socket.Message, socket.Forbidden ? Cli.ExitCode.Permission : Cli.ExitCode.Unavailable),
        SecretException secret => new StartFault(secret.Message, Cli.ExitCode.Configuration),
        PeerIdentityException identity => new StartFault(identity.Message, Cli.ExitCode.Permission),
        StoreException { Fault: StoreFault.Permission } store => new StartFault(store.Message, Cli.ExitCode.Permission),
        StoreException store => new StartFault(store.Message, Cli.ExitCode.Unavailable),
        PolicyException policy => new StartFault(
            string.Join('\n', policy.Problems.Where(problem => problem.Severity is ProblemSeverity.Error).Select(problem => $"{problem.Path}: error: {problem.What} — {problem.Remedy}")
                .Append("edgepool: the documents of the store do not fit this node's configuration — correct domains: in the node's file, or the documents with a node that they fit")),
            Cli.ExitCode.Configuration),
        NameServerException => new StartFault(
            $"no name servers: {fault.Message} — name them in the configuration (dns: servers), or mend the file", Cli.ExitCode.Unavailable),
        _ => null,
    };

    private static StartFault CannotListen(ListenException fault)
    {
        var (what, remedy, code) = fault.Error switch
        {
            SocketError.AddressAlreadyInUse => ("the port is in use", $"end the other process (ss -lntup 'sport = :{fault.Address.Port}' names it), or choose another port under {fault.Setting}", Cli.ExitCode.Unavailable),
            SocketError.AddressNotAvailable => ("this machine has no such address", "write one of its own (ip address lists them), or 0.0.0.0", Cli.ExitCode.Unavailable),
            SocketError.AccessDenied => ("the system forbids it", "use a port above 1023, or grant CAP_NET_BIND_SERVICE", Cli.ExitCode.Permission),
            _ => (fault.Error.ToString(), $"check the address under {fault.Setting}", Cli.ExitCode.Unavailable),
        };
        return new StartFault($"cannot listen on {fault.Address}: {what} — {remedy}", code);
    }
}
