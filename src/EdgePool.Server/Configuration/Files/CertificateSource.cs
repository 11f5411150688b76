using System.Security.Cryptography;
using EdgePool.Edge;
using EdgePool.Edge.Certificates;
using EdgePool.Policy.Partners;
using EdgePool.Server.Configuration.Written;

namespace EdgePool.Server.Configuration.Files;

/// <summary>
/// The certificate files that the node's file names, read again while the node runs, with the checks of its start. Links are followed and contents compared,
/// so that it does not matter by which program, rename or copy a file changes.
/// </summary>
internal sealed class CertificateSource(string folder, IReadOnlyList<CertificateDocument> written, TimeProvider time) : ICertificateSource
{
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var name in written.SelectMany(pair => new[] { pair.Certificate, pair.Key }).OfType<string>())
        {
            Append(hash, Path.GetFullPath(name, folder));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public CertificateReading Read()
    {
        var problems = new ProblemList(folder);
        var files = new CertificateFiles(new NamedFiles(folder, problems), time, problems);
        var certificates = written.Select((pair, index) => files.Read(pair, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"certificates[{index}]"))).OfType<EdgeCertificate>().ToList();
        return new CertificateReading(
            certificates,
            [.. problems.InOrder.Where(problem => problem.Severity is ProblemSeverity.Error).Select(problem => $"{problem.What} — {problem.Remedy}")]);
    }

    /// <summary>Mode and contents, or why not; more than the largest file that is read counts by its beginning.</summary>
    private static void Append(IncrementalHash hash, string file)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            hash.AppendData(BitConverter.GetBytes((int)File.GetUnixFileMode(stream.SafeFileHandle)));
            var buffer = new byte[16 * 1024];
            for (var total = 0; total <= NamedFiles.LargestFile && stream.Read(buffer) is > 0 and var read; total += read)
            {
                hash.AppendData(buffer, 0, read);
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(fault.GetType().Name));
        }

        hash.AppendData("\0\0\0\0"u8); // a byte more or less in one file is not one of the next
    }
}
