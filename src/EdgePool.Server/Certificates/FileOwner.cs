using System.Runtime.InteropServices;
using System.Text;

namespace EdgePool.Server.Certificates;

/// <summary>
/// Whose a file is. A key that root assigns must stay the service's, or the node could not read it; the platform's library can neither ask nor set an owner.
/// </summary>
/// <param name="User">The user's number.</param>
/// <param name="Group">The group's number.</param>
internal sealed record FileOwner(uint User, uint Group)
{
    private const int CurrentFolder = -100;
    private const uint UserAndGroup = 0x18;

    /// <summary>The owner of a file, links followed; null: it is not there, or the system does not say.</summary>
    public static FileOwner? Of(string path)
    {
        // struct statx is the same on every architecture (statx(2)): stx_uid at 20, stx_gid at 24.
        var status = new byte[256];
        return StatX(CurrentFolder, Native(path), 0, UserAndGroup, status) == 0
            ? new FileOwner(BitConverter.ToUInt32(status, 20), BitConverter.ToUInt32(status, 24))
            : null;
    }

    /// <summary>Makes a file this owner's.</summary>
    /// <exception cref="UnauthorizedAccessException">Only root may give files away.</exception>
    public void Give(string path)
    {
        if (Of(path) != this && ChangeOwner(Native(path), User, Group) != 0)
        {
            throw new UnauthorizedAccessException();
        }
    }

    private static byte[] Native(string path) => Encoding.UTF8.GetBytes(path + '\0');

    [DllImport("libc", EntryPoint = "statx", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int StatX(int folder, byte[] path, int flags, uint mask, [Out] byte[] status);

    [DllImport("libc", EntryPoint = "chown", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ChangeOwner(byte[] path, uint user, uint group);
}
