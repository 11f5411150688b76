using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace EdgePool.Dns.Resolving;

/// <summary>
/// What resolv.conf(5) says of servers, timeout and attempts. Everything else (search, domain, ndots, sortlist) is left out: the names that
/// we ask for are complete. What cannot be read is skipped and reported, as the C library skips it.
/// </summary>
public sealed record ResolvConf
{
    /// <summary>Where the operating system keeps the file.</summary>
    public const string DefaultPath = "/etc/resolv.conf";

    /// <summary>Servers that are used; the C library uses 3.</summary>
    public const int MaxServers = 8;

    private const int DnsPort = 53;
    private const long MaxFileLength = 64 << 10;

    /// <summary>The servers in the file's order, without doubles.</summary>
    public ImmutableArray<IPEndPoint> Servers { get; init; } = [];

    /// <summary><c>options timeout:n</c>, 1 to 5 s; null when not said.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary><c>options attempts:n</c>, 1 to 5; null when not said.</summary>
    public int? Attempts { get; init; }

    /// <summary>What was skipped, one sentence each with its line.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];

    /// <summary>Reads a file.</summary>
    /// <exception cref="IOException">The file cannot be read, or is over 64 KiB.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static ResolvConf Load(string path = DefaultPath)
    {
        using var stream = File.OpenRead(path);
        if (stream.CanSeek && stream.Length > MaxFileLength)
        {
            throw new IOException($"{path}: longer than {MaxFileLength} octets, this is no resolv.conf");
        }

        using var reader = new StreamReader(stream);
        return Parse(reader.ReadToEnd());
    }

    /// <summary>Reads a file's text.</summary>
    public static ResolvConf Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var servers = ImmutableArray.CreateBuilder<IPEndPoint>();
        var warnings = ImmutableArray.CreateBuilder<string>();
        var result = new ResolvConf();
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            var words = line.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0 || words[0][0] is '#' or ';')
            {
                continue;
            }

            switch (words[0])
            {
                case "nameserver":
                    AddServer(words, number, servers, warnings);
                    break;
                case "options":
                    result = result.WithOptions(words.AsSpan(1));
                    break;
            }
        }

        return result with { Servers = servers.ToImmutable(), Warnings = warnings.ToImmutable() };
    }

    /// <summary>
    /// A server as configuration writes it: an address with an optional port, IPv6 with a port in brackets
    /// (<c>192.0.2.1</c>, <c>192.0.2.1:5353</c>, <c>2001:db8::1</c>, <c>[2001:db8::1]:5353</c>). The port is 53 when not said.
    /// </summary>
    public static bool TryParseServer(string text, out IPEndPoint server)
    {
        server = new IPEndPoint(IPAddress.None, 0);
        if (TryParseAddress(text, out var address))
        {
            server = new IPEndPoint(address, DnsPort);
            return true;
        }

        var colon = text.LastIndexOf(':');
        if (colon < 0
            || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port == 0)
        {
            return false;
        }

        var host = text[..colon];
        var bracketed = host is ['[', .., ']'];
        if (!TryParseAddress(bracketed ? host[1..^1] : host, out address)
            || bracketed != (address.AddressFamily == AddressFamily.InterNetworkV6))
        {
            return false;
        }

        server = new IPEndPoint(address, port);
        return true;
    }

    /// <summary>Resolver options with these servers and times.</summary>
    public StubResolverOptions ToOptions() => Apply(new StubResolverOptions());

    /// <summary>The options with these servers, and these times where the file says them.</summary>
    public StubResolverOptions Apply(StubResolverOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options with
        {
            Servers = Servers,
            TryTimeout = Timeout ?? options.TryTimeout,
            Attempts = Attempts ?? options.Attempts,
        };
    }

    // IPAddress takes "1" and "0x7f.1" for addresses: a file that says so is mistaken.
    private static bool TryParseAddress(string text, out IPAddress address)
        => IPAddress.TryParse(text, out address!)
            && (address.AddressFamily == AddressFamily.InterNetworkV6 ? text[0] != '[' : string.Equals(text, address.ToString(), StringComparison.Ordinal));

    private static void AddServer(
        string[] words,
        int line,
        ImmutableArray<IPEndPoint>.Builder servers,
        ImmutableArray<string>.Builder warnings)
    {
        if (words.Length < 2 || !TryParseServer(words[1], out var server))
        {
            warnings.Add($"line {line}: nameserver needs an IP address");
        }
        else if (servers.Count >= MaxServers)
        {
            warnings.Add($"line {line}: more than {MaxServers} servers, this one is not used");
        }
        else if (!servers.Contains(server))
        {
            servers.Add(server);
        }
    }

    private ResolvConf WithOptions(ReadOnlySpan<string> options)
    {
        var result = this;
        foreach (var option in options)
        {
            if (TryReadNumber(option, "timeout:", out var seconds))
            {
                result = result with { Timeout = TimeSpan.FromSeconds(seconds) };
            }
            else if (TryReadNumber(option, "attempts:", out var attempts))
            {
                result = result with { Attempts = attempts };
            }
        }

        return result;
    }

    private static bool TryReadNumber(string option, string key, out int number)
    {
        number = 0;
        if (!option.StartsWith(key, StringComparison.Ordinal)
            || !int.TryParse(option.AsSpan(key.Length), NumberStyles.None, CultureInfo.InvariantCulture, out number))
        {
            return false;
        }

        number = Math.Clamp(number, 1, 5);
        return true;
    }
}
