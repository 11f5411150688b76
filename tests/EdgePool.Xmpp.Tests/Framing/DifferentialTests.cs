using System.Globalization;
using System.Text;
using System.Xml;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Xmpp.Tests.Framing;

/// <summary>
/// The framer against the two parsers that stand behind it: whatever it accepts they accept with the same infoset, as it came and in both ways out;
/// whatever they accept and it refuses breaks a rule of RFC 6120 or a limit.
/// </summary>
public sealed class DifferentialTests(ITestOutputHelper output)
{
    private const int Documents = 100_000;

    private readonly Expat expat = new();
    private readonly SortedDictionary<string, int> classes = new(StringComparer.Ordinal);

    // DESIGN: an element that expat would read differently never leaves.
    [Fact]
    public void Corpus_ReadByFramerExpatAndSystemXml_AgreesInBothWaysOut()
    {
        Expat.SkipWithout();
        var count = int.TryParse(Environment.GetEnvironmentVariable("EDGEPOOL_FUZZ_DOCUMENTS"), NumberStyles.None, CultureInfo.InvariantCulture, out var wanted) ? wanted : Documents;
        var seed = int.TryParse(Environment.GetEnvironmentVariable("EDGEPOOL_FUZZ_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : 6120;
        var generator = new DocumentGenerator(seed);
        for (var number = 0; number < count; number++)
        {
            var document = generator.Next();
            var fault = Compare(document, generator.Cuts(document.Length));
            Assert.True(fault is null, $"document {number}: {fault}\n{Convert.ToHexString(document)}\n{Encoding.UTF8.GetString(document)}");
        }

        foreach (var (name, documents) in classes)
        {
            output.WriteLine($"{name}: {documents}");
        }

        Assert.True(classes.GetValueOrDefault("accepted by all") > count / 10, "the corpus must hold enough that is accepted");
    }

    // XML 1.0 fourth edition, appendix B: each character of the basic plane, first and later in a name, read as expat reads it.
    [Fact]
    public void NameCharacters_OfBasicPlane_AreExpats()
    {
        Expat.SkipWithout();
        for (var value = 0x80; value <= 0xFFFF; value++)
        {
            if (value is >= 0xD800 and <= 0xDFFF)
            {
                continue;
            }

            foreach (var name in new[] { $"{(char)value}", $"a{(char)value}" })
            {
                var document = Encoding.UTF8.GetBytes($"<stream:stream xmlns:stream='http://etherx.jabber.org/streams'><{name}/></stream:stream>");
                var accepted = FramerRun.OnePiece(document).Ended;
                Assert.True(accepted == expat.Read(document, isFinal: true).Accepted, $"U+{value:X4} in '{name}': framer {accepted}");
            }
        }
    }

    private string? Compare(byte[] document, int[] cuts)
    {
        var run = FramerRun.OnePiece(document);
        if (!string.Equals(run.Transcript, new FramerRun(document, cuts).Transcript, StringComparison.Ordinal))
        {
            return $"another verdict when cut at {string.Join(' ', cuts)}";
        }

        return CompareAccepted(run, document) ?? CompareRefused(run, document);
    }

    // What was consumed is what we accepted, even if a violation follows.
    private string? CompareAccepted(FramerRun run, byte[] document)
    {
        var accepted = document[..run.Consumed];
        var theirs = expat.Read(accepted, run.Ended);
        if (!theirs.Accepted || theirs.Rule is not null || !Expat.AcceptsPlain(accepted, run.Ended))
        {
            return $"accepted, but expat says {theirs.Error ?? theirs.Rule ?? "not well-formed without namespaces"}";
        }

        if (theirs.Elements.Count != run.Elements.Count)
        {
            return $"{run.Elements.Count} elements, expat {theirs.Elements.Count}";
        }

        var content = run.Header?.DefaultNamespace;
        if (run.Elements.Count == 0 || string.IsNullOrEmpty(content))
        {
            return null;
        }

        // An empty address is left out on purpose.
        var written = run.Elements.Where(e => e.From.Length > 0 && e.To.Length > 0).ToList();
        var source = theirs.Elements.Where((_, index) => written.Contains(run.Elements[index])).ToList();
        return CompareOutput(source, content, written.Select(e => e.ToServer), "jabber:server")
            ?? CompareOutput(source, content, written.Select(e => e.ToComponent), "jabber:component:accept")
            ?? CompareSystemXml(theirs.Elements, run.Ended ? accepted : [.. accepted, .. Encoding.UTF8.GetBytes(EndTag(run.Header!))]);
    }

    private static string EndTag(StreamHeader header) => header.Prefix.Length == 0 ? $"</{header.Name}>" : $"</{header.Prefix}:{header.Name}>";

    private string? CompareOutput(List<string> source, string content, IEnumerable<byte[]> written, string target)
    {
        var document = Infoset.OnStream([.. written.SelectMany(b => b)], target);
        var expected = source.Select(s => s.Replace(InfosetBuilder.Written(content), InfosetBuilder.Written(target), StringComparison.Ordinal)).ToList();
        var theirs = expat.Read(document, isFinal: true);
        if (!theirs.Accepted || theirs.Rule is not null || !theirs.Elements.SequenceEqual(expected, StringComparer.Ordinal))
        {
            return $"written for {target} as\n{Encoding.UTF8.GetString(document)}\nexpat reads {theirs.Error}{theirs.Rule}{string.Join('\n', theirs.Elements)}\ninstead of {string.Join('\n', expected)}";
        }

        return CompareSystemXml(expected, document);
    }

    private static string? CompareSystemXml(List<string> expected, byte[] document)
    {
        try
        {
            var theirs = Infoset.Read(document);
            return theirs.SequenceEqual(expected, StringComparer.Ordinal)
                ? null
                : $"System.Xml reads {string.Join('\n', theirs)}\nfrom {Encoding.UTF8.GetString(document)}\ninstead of {string.Join('\n', expected)}";
        }
        catch (XmlException refused)
        {
            return $"System.Xml refuses {Encoding.UTF8.GetString(document)}: {refused.Message}";
        }
    }

    private string? CompareRefused(FramerRun run, byte[] document)
    {
        var theirs = expat.Read(document, isFinal: true);
        var ours = run.Violation is { } violation ? violation.Condition.ToString() : run.Ended ? "accepted" : "incomplete";
        var name = (ours, theirs.Accepted, theirs.Rule) switch
        {
            ("accepted", true, null) => "accepted by all",
            ("accepted", _, _) when run.Consumed < document.Length => "accepted up to the stream's end, more behind it",
            (not "accepted", false, _) => $"refused by both: {ours}",
            (not "accepted", true, { } rule) => $"refused by RFC 6120: {rule}, {ours}",
            (nameof(StreamErrorCondition.PolicyViolation), true, null) => "refused by a limit",
            (nameof(StreamErrorCondition.BadNamespacePrefix), true, null) => "refused by RFC 6120: prefix for the content namespace",
            _ when document.AsSpan().StartsWith("\uFEFF"u8) => "refused by RFC 6120: byte order mark",
            _ => null,
        };
        if (name is null)
        {
            return $"{ours} ({run.Violation?.Detail}), but expat accepts";
        }

        classes[name] = classes.GetValueOrDefault(name) + 1;
        return null;
    }
}
