using System.Net;
using System.Text.RegularExpressions;

namespace EdgePool.Interop.Tests.Servers;

/// <summary>What is wrong with the signatures of a zone.</summary>
public enum Signatures
{
    /// <summary>Nothing.</summary>
    Good,

    /// <summary>They were valid until years ago.</summary>
    Expired,

    /// <summary>TLSA records were altered after they had been signed.</summary>
    Tampered,
}

/// <summary>Two BINDs: an authoritative one with a signed root zone (RFC 4035), and before it a recursive one that knows the zone's key and validates.</summary>
internal sealed partial class ValidatingBind : IAsyncDisposable
{
    private readonly BindServer signed;
    private readonly ServerProcess recursive;
    private readonly string home;

    private ValidatingBind(BindServer signed, ServerProcess recursive, string home, IPEndPoint endPoint)
    {
        (this.signed, this.recursive, this.home) = (signed, recursive, home);
        EndPoint = endPoint;
    }

    /// <summary>The recursive one.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>The authoritative one: who asks it hears the same, whatever is wrong with the signatures.</summary>
    public IPEndPoint Unvalidated => signed.EndPoint;

    /// <summary>Starts both, with records as <see cref="BindServer"/> takes them.</summary>
    public static async Task<ValidatingBind> StartAsync(Signatures signatures, params IEnumerable<string> records)
    {
        Programs.Require("named", "setpriv", "dnssec-keygen", "dnssec-signzone");
        var key = "";
        var authority = await BindServer.StartAsync(records, async zone => key = await SignAsync(zone, signatures));
        var folder = Directory.CreateTempSubdirectory("edgepool-bind-").FullName;
        var endPoint = new IPEndPoint(IPAddress.Loopback, LoopbackAddresses.FreePort());
        await File.WriteAllTextAsync(Path.Combine(folder, "named.conf"), Configuration(folder, endPoint, authority.EndPoint, key));
        var process = await ServerProcess.StartAsync("named, recursive", "named", ["-g", "-n", "1", "-c", Path.Combine(folder, "named.conf")], folder);
        var both = new ValidatingBind(authority, process, folder, endPoint);
        try
        {
            await process.WaitForLogAsync("all zones loaded");
            await process.WaitForPortAsync(endPoint);
            return both;
        }
        catch
        {
            await both.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await recursive.DisposeAsync();
        await signed.DisposeAsync();
        Directory.Delete(home, recursive: true);
    }

    /// <summary>Signs <c>root.zone</c> in place with a key of its own; returns that key as a trust anchor is written.</summary>
    private static async Task<string> SignAsync(string folder, Signatures signatures)
    {
        await RunAsync("dnssec-keygen", folder, "-q", "-a", "ECDSAP256SHA256", "-f", "KSK", ".");
        string[] validity = signatures == Signatures.Expired ? ["-s", "20200101000000", "-e", "20200201000000"] : [];
        await RunAsync("dnssec-signzone", folder, ["-q", "-P", "-S", "-z", "-O", "full", "-o", ".", .. validity, "-f", "signed.zone", "root.zone"]);
        var zone = await File.ReadAllTextAsync(Path.Combine(folder, "signed.zone"));
        if (signatures == Signatures.Tampered)
            zone = TlsaData().Replace(zone, match => string.Equals(match.Value, "0", StringComparison.Ordinal) ? "1" : "0");
        await File.WriteAllTextAsync(Path.Combine(folder, "root.zone"), zone);
        var key = await File.ReadAllTextAsync(Directory.GetFiles(folder, "K.+*.key").Single());
        var fields = key.Split('\n').Single(line => line.Contains("DNSKEY", StringComparison.Ordinal)).Split(' ')[3..];
        return $"{fields[0]} {fields[1]} {fields[2]} \"{string.Concat(fields[3..])}\"";
    }

    private static async Task RunAsync(string program, string folder, params string[] arguments)
    {
        await using var process = await ServerProcess.StartAsync(program, program, arguments, folder);
        if (await process.WaitForExitAsync() != 0)
            throw process.Failure("failed");
    }

    private static string Configuration(string folder, IPEndPoint endPoint, IPEndPoint authority, string key) =>
        $$"""
        options {
          directory "{{folder}}";
          listen-on port {{endPoint.Port}} { {{endPoint.Address}}; };
          listen-on-v6 { none; };
          recursion yes; dnssec-validation yes; empty-zones-enable no; qname-minimization off; notify no;
          forward only; forwarders { {{authority.Address}} port {{authority.Port}}; };
          pid-file none; session-keyfile none; lock-file none;
        };
        trust-anchors { "." static-key {{key}}; };
        controls { };
        """;

    // The last digit of the data.
    [GeneratedRegex(@"(?<=IN\s+TLSA\s[^\n]*)[0-9A-F](?=\s*$)", RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex TlsaData();
}
