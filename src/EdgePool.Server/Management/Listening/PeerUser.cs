using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;

namespace EdgePool.Server.Management.Listening;

/// <summary>The user at the other end of a Unix socket, as the kernel says (SO_PEERCRED, unix(7)).</summary>
/// <param name="Id">The user's number.</param>
/// <param name="Name">The user's name; <c>uid N</c> where /etc/passwd has none.</param>
internal sealed record PeerUser(uint Id, string Name)
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;
    private const int CredentialBytes = 12;
    private const int UserAt = 4;

    /// <summary>Who is at the other end; null when the kernel does not say.</summary>
    public static PeerUser? Of(Socket socket)
    {
        // struct ucred { pid_t pid; uid_t uid; gid_t gid; }, each 32 bits in the machine's order.
        Span<byte> credentials = stackalloc byte[CredentialBytes];
        try
        {
            if (socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials) < CredentialBytes)
            {
                return null;
            }
        }
        catch (SocketException)
        {
            return null;
        }

        var id = BitConverter.IsLittleEndian
            ? BinaryPrimitives.ReadUInt32LittleEndian(credentials[UserAt..])
            : BinaryPrimitives.ReadUInt32BigEndian(credentials[UserAt..]);
        return new PeerUser(id, NameOf(id));
    }

    /// <summary>The effective user of this process.</summary>
    public static uint OwnId()
    {
        // "Uid:	real	effective	saved	file system" (proc_pid_status(5)).
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("Uid:", StringComparison.Ordinal));
        return uint.Parse(line.Split('\t')[2], CultureInfo.InvariantCulture);
    }

    private static string NameOf(uint id)
    {
        var number = id.ToString(CultureInfo.InvariantCulture);
        try
        {
            foreach (var line in File.ReadLines("/etc/passwd"))
            {
                // "root:x:0:0:root:/root:/bin/bash" (passwd(5)).
                var fields = line.Split(':');
                if (fields.Length > 2 && string.Equals(fields[2], number, StringComparison.Ordinal))
                {
                    return fields[0];
                }
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // A machine without the file still has numbers.
        }

        return "uid " + number;
    }
}
