using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgePool.Edge.Peers;

/// <summary>The key by which a node proves to the others of its pool who it is: EC P-256. Its certificate is made of it anew at each start, for only the key counts.</summary>
public sealed class PeerIdentity : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private PeerIdentity(ECDsa key)
    {
        var request = new CertificateRequest("CN=edgepool-peer", key, HashAlgorithmName.SHA256);
        Certificate = request.CreateSelfSigned(new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(9999, 12, 31, 0, 0, 0, TimeSpan.Zero));
        Key = KeyOf(Certificate);
    }

    /// <summary>What the node's record tells of it: SHA-256 of the SubjectPublicKeyInfo, 64 lower-case hexadecimal digits.</summary>
    public string Key { get; }

    internal X509Certificate2 Certificate { get; }

    /// <summary>A new one, in memory alone.</summary>
    public static PeerIdentity Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new PeerIdentity(key);
    }

    /// <summary>The one of a node's state folder: <c>peer.key</c>, PKCS #8 in PEM, mode 0600. It is made where it is missing, and the folder with it (0700).</summary>
    /// <param name="folder">The state folder.</param>
    /// <exception cref="PeerIdentityException">The file cannot be read or made, others can read it, or it is no such key.</exception>
    public static PeerIdentity LoadOrCreate(string folder)
    {
        var path = Path.Combine(folder, "peer.key");
        try
        {
            if (!File.Exists(path))
                Make(path);
            return Load(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new PeerIdentityException($"the key of this node, {path}, cannot be read or made: {fault.Message} — name a folder in which user {Environment.UserName} may make files", fault);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Certificate.Dispose();

    /// <summary>The key of a certificate, as records have it.</summary>
    internal static string KeyOf(X509Certificate2 certificate) => Convert.ToHexStringLower(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    private static PeerIdentity Load(string path)
    {
        if ((File.GetUnixFileMode(path) & Others) is not UnixFileMode.None)
        {
            var mode = Convert.ToString((int)File.GetUnixFileMode(path), 8);
            throw new PeerIdentityException($"the key of this node, {path}, is open to other users (mode {mode}): if it may have been read, delete it, and a new one is made; else chmod 600 {path}");
        }

        using var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
        }
        catch (Exception fault) when (fault is ArgumentException or CryptographicException)
        {
            throw new PeerIdentityException($"{path} is no private key in PEM: delete it, and a new one is made at the next start", fault);
        }

        return key.ExportParameters(includePrivateParameters: false).Curve.Oid.FriendlyName is "nistP256" or "ECDSA_P256"
            ? new PeerIdentity(key)
            : throw new PeerIdentityException($"{path} is no key of the curve P-256: delete it, and a new one is made at the next start");
    }

    /// <summary>Written whole beside it first: a crash leaves no half of a key.</summary>
    private static void Make(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!, OwnerOnly | UnixFileMode.UserExecute);
        var unready = path + ".new";
        File.Delete(unready);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using (var file = new FileStream(unready, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
        {
            using var text = new StreamWriter(file);
            text.Write(key.ExportPkcs8PrivateKeyPem());
            text.Flush();
            file.Flush(flushToDisk: true);
        }

        File.Move(unready, path, overwrite: false);
    }
}

/// <summary>A node's key cannot be used.</summary>
public sealed class PeerIdentityException : Exception
{
    internal PeerIdentityException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
