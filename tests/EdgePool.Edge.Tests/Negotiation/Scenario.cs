using System.Globalization;
using System.Runtime.CompilerServices;
using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;

namespace EdgePool.Edge.Tests.Negotiation;

/// <summary>Who says a line of a scenario.</summary>
internal enum Speaker
{
    /// <summary>Who opened the stream: <c>→</c>.</summary>
    Opener,

    /// <summary>Who took it: <c>←</c>.</summary>
    Taker,

    /// <summary>Both: the TLS handshake.</summary>
    Both,
}

/// <summary>One line: the stream's number, who speaks, and what. Stream 1 is the initiating side's; the receiving side opens the others, to verify a key.</summary>
internal sealed record ScenarioLine(int Stream, Speaker Speaker, string Text);

/// <summary>How a side of a scenario is set.</summary>
internal sealed record ScenarioSide(NegotiationMode Tls, NegotiationMode Sasl, bool Dialback, string Certificate)
{
    /// <summary>It speaks no XMPP 1.0, which no setting of ours means: only a scripted peer plays it.</summary>
    public bool IsOld => string.Equals(Certificate, "none", StringComparison.Ordinal);

    public PartnerDocument ToDocument(string domain) => new() { Domain = domain, TlsNegotiation = Tls, SaslNegotiation = Sasl, SupportDialback = Dialback };
}

/// <summary>
/// A dialogue between two servers, read from a text file: some lines of what it shows, how each side is set, what it comes to, and the lines as they are said.
/// Names in braces stand for values: <c>{i}</c> and <c>{r}</c> for the domains, others for what is first said in their place.
/// </summary>
internal sealed record Scenario(string Name, ScenarioSide Initiator, ScenarioSide Receiver, string Outcome, IReadOnlyList<ScenarioLine> Lines)
{
    /// <summary>The side that alone is ours, where only one can be: <c>initiates</c> or <c>receives</c>.</summary>
    public string? Node { get; init; }

    /// <summary>The domains of the initiating and of the receiving side; null: any will do.</summary>
    public (string Initiator, string Receiver)? Domains { get; init; }

    /// <summary>The secret of our dialback keys; null: any will do.</summary>
    public string? Secret { get; init; }

    /// <summary>The condition with which a stanza that is not delivered comes back.</summary>
    public string Bounce { get; init; } = "remote-server-timeout";

    public static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Scenarios");

    public static IEnumerable<string> Names => Directory.EnumerateFiles(Folder(), "*.txt").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal);

    /// <summary>Reads a file.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="condition">What stands in it for <c>CONDITION</c>.</param>
    public static Scenario Read(string name, string condition = "")
    {
        var lines = File.ReadAllText(Path.Combine(Folder(), name + ".txt")).Replace("CONDITION", condition, StringComparison.Ordinal).Split('\n');
        var said = lines.Where(line => line.Length > 2 && char.IsAsciiDigit(line[0]) && line[1] == ' ').Select(Line);
        return new Scenario(name, Side("initiator: "), Side("receiver: "), Value("comes to: ")!, [.. said])
        {
            Node = Value("node: "),
            Domains = Value("domains: ")?.Split(' ') is [var initiator, var receiver] ? (initiator, receiver) : null,
            Secret = Value("secret: "),
            Bounce = Value("bounce: ") ?? "remote-server-timeout",
        };

        string? Value(string key) => lines.FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal))?[key.Length..];
        ScenarioSide Side(string key)
        {
            var settings = Value(key)!.Split(' ').Select(word => word.Split('=')).ToDictionary(word => word[0], word => word[1], StringComparer.Ordinal);
            return new ScenarioSide(Mode(settings["tls"]), Mode(settings["sasl"]), settings["dialback"] is "on", settings["certificate"]);
        }
    }

    private static NegotiationMode Mode(string word) => word switch
    {
        "off" => NegotiationMode.NotSupported,
        "optional" => NegotiationMode.Optional,
        "required" => NegotiationMode.Required,
        _ => throw new FormatException($"'{word}' is no mode"),
    };

    private static ScenarioLine Line(string line)
    {
        var stream = int.Parse(line.AsSpan(0, 1), NumberStyles.None, CultureInfo.InvariantCulture);
        return line[2] switch
        {
            '→' => new ScenarioLine(stream, Speaker.Opener, line[4..]),
            '←' => new ScenarioLine(stream, Speaker.Taker, line[4..]),
            'T' => new ScenarioLine(stream, Speaker.Both, line[2..]),
            _ => throw new FormatException($"nobody says '{line}'"),
        };
    }
}
