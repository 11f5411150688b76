using System.Net;

namespace EdgePool.Cluster.Etcd;

/// <summary>Where the cluster's etcd is, and as whom this node speaks to it.</summary>
public sealed record EtcdOptions
{
    /// <summary>The longest <see cref="Prefix"/>, in characters.</summary>
    public const int MaxPrefixLength = 128;

    /// <summary>
    /// The members, such as <c>https://etcd-a.example.net:2379</c>, tried in turn. <c>http://</c>, without encryption or identity, only for a trial on this machine.
    /// </summary>
    public required IReadOnlyList<Uri> Endpoints { get; init; }

    /// <summary>PEM file of the authorities that may have issued the members' certificates. With https; no other is trusted.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>PEM file of this node's certificate, with those between it and its authority; its subject's CN is its user in etcd.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM file of its key. Mode 0600, or it is refused.</summary>
    public string? KeyFile { get; init; }

    /// <summary>What all keys of this deployment begin with; it begins and ends with a slash. Deployments that share an etcd differ in it.</summary>
    public string Prefix { get; init; } = "/edgepool/";

    /// <summary>The time of one call, with all members that it tries; where there are several members, one of them has half of it.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Everything that is wrong with these options, each in one line that says what to do; files are not looked at.</summary>
    public IReadOnlyList<string> Judge()
    {
        var problems = new List<string>();
        if (Endpoints.Count == 0)
        {
            problems.Add("no endpoint of etcd is named: name at least one, such as https://etcd-a.example.net:2379");
        }

        problems.AddRange(Endpoints.Select(ProblemOf).OfType<string>());
        if (Prefix.Length is < 3 or > MaxPrefixLength || Prefix[0] != '/' || Prefix[^1] != '/' || Prefix.Any(static c => c is < '!' or > '~'))
        {
            problems.Add($"the prefix of the keys begins and ends with a slash and has 3 to {MaxPrefixLength} characters of ASCII: write it like /edgepool/");
        }

        if (Deadline < TimeSpan.FromSeconds(1) || Deadline > TimeSpan.FromMinutes(1))
        {
            problems.Add("the deadline of a call is 1 s to 60 s");
        }

        if (Endpoints.Any(IsEncrypted) && (AuthorityFile is null || CertificateFile is null || KeyFile is null))
        {
            problems.Add("https needs three files: the authorities of etcd's certificates, this node's certificate and its key");
        }

        return problems;
    }

    internal static bool IsEncrypted(Uri endpoint) => string.Equals(endpoint.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal);

    private static string? ProblemOf(Uri endpoint)
    {
        if (!endpoint.IsAbsoluteUri || (!IsEncrypted(endpoint) && !string.Equals(endpoint.Scheme, Uri.UriSchemeHttp, StringComparison.Ordinal)) || endpoint.PathAndQuery is not "/" || endpoint.UserInfo.Length > 0)
        {
            return $"{endpoint} is no endpoint of etcd: write https://host:port";
        }

        var isHere = IPAddress.TryParse(endpoint.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address);
        return IsEncrypted(endpoint) || isHere ? null : $"{endpoint} is not encrypted, and not an address of this machine's loopback: use https";
    }
}
