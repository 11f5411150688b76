using System.Text;

namespace EdgePool.Server.Certificates;

/// <summary>A pending request on disk: <c>NAME.key</c> (0600) and <c>NAME.csr</c>, later <c>NAME.pem</c>, in one folder.</summary>
/// <param name="Folder">Where.</param>
/// <param name="Name">The stem.</param>
internal sealed record RequestFiles(string Folder, string Name)
{
    private const int MostLookedAt = 1_000;

    public string Key => Path.Combine(Folder, Name + ".key");

    public string Request => Path.Combine(Folder, Name + ".csr");

    public string Certificate => Path.Combine(Folder, Name + ".pem");

    /// <summary>Makes the key and the request, the key first. Gives the request's text; null with the fault, and then no request was written.</summary>
    /// <param name="order">What to ask for.</param>
    /// <param name="replace">Files of this name give way, and are kept as <c>.previous</c>.</param>
    /// <param name="fault">Why not.</param>
    public string? Create(CertificateOrder order, bool replace, out CommandFault? fault)
    {
        fault = replace ? null : new[] { Key, Request }.Where(File.Exists).Select(DiskFile.Exists).FirstOrDefault();
        if (fault is not null)
        {
            return null;
        }

        using var key = Keys.Create(order.Key);
        var request = SigningRequest.Create(order, key);
        fault = DiskFile.KeepPrevious(Key, DiskFile.Private)
            ?? DiskFile.KeepPrevious(Request, DiskFile.Public)
            ?? DiskFile.Write(Key, Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"), DiskFile.Private, replace)
            ?? DiskFile.Write(Request, Encoding.ASCII.GetBytes(request), DiskFile.Public, replace);
        return fault is null ? request : null;
    }

    /// <summary>The requests in a folder whose key is one of these (<see cref="Keys.Hash"/>); at most 1,000 are looked at.</summary>
    public static IReadOnlyList<RequestFiles> Find(string folder, IReadOnlySet<string> keyHashes)
        => Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*.csr").Take(MostLookedAt).Order(StringComparer.Ordinal)
                .Where(file => DiskFile.Read(file, out _) is { } bytes
                    && SigningRequest.Read(Encoding.Latin1.GetString(bytes)) is { } request && keyHashes.Contains(Keys.Hash(request.PublicKey)))
                .Select(file => new RequestFiles(folder, Path.GetFileNameWithoutExtension(file)))]
            : [];
}
