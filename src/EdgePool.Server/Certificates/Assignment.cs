using System.Security.Cryptography.X509Certificates;
using System.Text;
using EdgePool.Server.Cli;
using EdgePool.Server.Configuration;

namespace EdgePool.Server.Certificates;

/// <summary>
/// Which of the files that a node's file names a new pair takes the place of. To assign is to replace these files: the node's file stays as it is, a running node
/// sees the change by itself, and a node that is not running starts with it.
/// </summary>
/// <param name="File">Where the certificate goes.</param>
/// <param name="KeyFile">Where the key goes; the same where both are in one file.</param>
internal sealed record Assignment(string File, string KeyFile)
{
    /// <summary>The places of a node's file, in its order.</summary>
    public static List<Assignment> All(NodeFile node)
        => [.. node.Document.Certificates.Where(written => written.Certificate is not null)
            .Select(written => new Assignment(node.Full(written.Certificate!), node.Full(written.Key ?? written.Certificate!)))];

    /// <summary>Finds the place: the one that is named, the only one, or the only one whose domains the new certificate proves.</summary>
    public static Assignment? Find(NodeFile node, CertificatePair pair, string? inPlaceOf, out CommandFault? fault)
    {
        fault = null;
        var places = All(node);
        if (inPlaceOf is not null)
        {
            var wanted = places.Find(place => string.Equals(place.File, node.Full(inPlaceOf), StringComparison.Ordinal));
            fault = wanted is null
                ? new(ExitCode.Failed, $"{Shown.Of(node.Path, 200)} names no certificate {Shown.Of(inPlaceOf, 200)}", "name one of " + Names(places))
                : null;
            return wanted;
        }

        var fitting = places.Count == 1 ? places : places.FindAll(place => place.GivesWayTo(pair, node));
        if (fitting is [var one])
        {
            return one;
        }

        fault = places.Count == 0
            ? new(ExitCode.Failed, $"{Shown.Of(node.Path, 200)} names no certificate", "add certificates: [ { certificate: edge.pem, key: edge.key } ], then assign")
            : new(ExitCode.Failed, "it could take the place of several certificates, or of none", "say which with --in-place-of: " + Names(places));
        return null;
    }

    /// <summary>The pairs of the node that stay, as far as they can be read.</summary>
    public IReadOnlyList<CertificatePair> Beside(NodeFile node)
        => [.. All(node).Where(place => place != this)
            .Select(place => CertificatePair.Read(place.File, place.KeyFile, new Findings(place.File)))
            .OfType<CertificatePair>()];

    /// <summary>
    /// Puts the pair in place, the old one kept as <c>.previous</c>. Each file changes by one rename; between the two, a node sees a key that does not belong to its
    /// certificate, and waits.
    /// </summary>
    /// <param name="chain">Our certificate and its intermediates.</param>
    /// <param name="keyText">The key in PEM.</param>
    /// <param name="owner">Whose the files shall be.</param>
    public CommandFault? Put(IReadOnlyList<X509Certificate2> chain, string keyText, FileOwner? owner)
    {
        var certificates = string.Concat(chain.Select(certificate => certificate.ExportCertificatePem() + "\n"));
        var key = Encoding.Latin1.GetBytes(keyText.TrimEnd() + "\n");
        if (IsOneFile)
        {
            return DiskFile.KeepPrevious(File, DiskFile.Private, owner)
                ?? DiskFile.Write(File, [.. Encoding.Latin1.GetBytes(certificates), .. key], DiskFile.Private, replace: true, owner);
        }

        var fault = DiskFile.KeepPrevious(KeyFile, DiskFile.Private, owner)
            ?? DiskFile.KeepPrevious(File, DiskFile.Public, owner)
            ?? DiskFile.Write(KeyFile, key, DiskFile.Private, replace: true, owner);
        if (fault is not null)
        {
            return fault;
        }

        fault = DiskFile.Write(File, Encoding.Latin1.GetBytes(certificates), DiskFile.Public, replace: true, owner);
        if (fault is not null && DiskFile.Read(KeyFile + ".previous", out _) is { } old)
        {
            _ = DiskFile.Write(KeyFile, old, DiskFile.Private, replace: true, owner);
        }

        return fault;
    }

    /// <summary>Certificate and key are one file.</summary>
    public bool IsOneFile => string.Equals(File, KeyFile, StringComparison.Ordinal);

    /// <summary>A file that is not there yet gives way to anything, one that is there to a certificate that proves all that it proves.</summary>
    private bool GivesWayTo(CertificatePair pair, NodeFile node)
    {
        if (CertificatePair.Read(File, KeyFile, new Findings(File)) is not { } old)
        {
            return !System.IO.File.Exists(File);
        }

        var proven = node.Domains.Where(old.Proves).ToList();
        return proven.Count > 0 && proven.TrueForAll(pair.Proves);
    }

    private static string Names(IEnumerable<Assignment> places) => string.Join(", ", places.Select(place => Shown.Of(place.File, 200)));
}
