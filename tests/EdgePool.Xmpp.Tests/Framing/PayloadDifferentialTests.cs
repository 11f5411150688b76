using System.Text;
using System.Xml;
using System.Xml.Linq;
using EdgePool.Xmpp.Framing;
using Xunit;

namespace EdgePool.Xmpp.Tests.Framing;

/// <summary>What is read below a stanza's top, and what is left when children are taken out, against System.Xml on the framing corpus.</summary>
public sealed class PayloadDifferentialTests(ITestOutputHelper output)
{
    private const int Documents = 20_000;

    // POL-16: one reading for every way to write an element.
    [Fact]
    public void Corpus_ReadByPayloadReaderAndSystemXml_Agrees()
    {
        var generator = new DocumentGenerator(0xB016);
        var (compared, foreign, shortened) = (0, 0, 0);
        for (var number = 0; number < Documents; number++)
        {
            var document = generator.Next();
            var run = new FramerRun(document, generator.Cuts(document.Length));
            if (run.Elements.Count == 0)
            {
                continue;
            }

            foreach (var (element, tree) in run.Elements.Zip(Trees(run, document)))
            {
                Assert.True(string.Equals(PayloadReading.Describe(tree), element.Payloads, StringComparison.Ordinal), $"document {number}: {Encoding.UTF8.GetString(element.Bytes)}\n{element.Payloads}");
                Assert.True(element.HasForeignPayloads || IsOwn(tree), $"document {number}: {Encoding.UTF8.GetString(element.Bytes)} holds what is foreign");
                compared++;
                foreign += element.HasForeignPayloads ? 1 : 0;
                shortened += CheckStripped(element, tree) ? 1 : 0;
            }
        }

        output.WriteLine($"{compared} elements, {foreign} with foreign payloads, {shortened} stripped");
        Assert.True(shortened > Documents / 20, "the corpus must hold enough that is stripped");
    }

    private static bool CheckStripped(FramedElement element, XElement tree)
    {
        var children = tree.Elements().Count();
        var content = tree.Parent!.GetDefaultNamespace().NamespaceName;
        if (content.Length == 0)
        {
            return false; // no stream of ours: nothing of it is ever written
        }

        var expected = PayloadReading.Strip(tree).Replace(InfosetBuilder.Written(content), InfosetBuilder.Written(ContentNamespaces.Server), StringComparison.Ordinal);
        Assert.Equal(expected, Infoset.ReadOnStream(element.Stripped, ContentNamespaces.Server));
        return children > 1;
    }

    private static bool IsOwn(XElement tree)
        => tree.Descendants().All(e => e.Name.Namespace == tree.Name.Namespace);

    private static List<XElement> Trees(FramerRun run, byte[] document)
    {
        var header = run.Header!;
        var end = header.Prefix.Length == 0 ? $"</{header.Name}>" : $"</{header.Prefix}:{header.Name}>";
        byte[] complete = [.. document.AsSpan(0, run.Consumed), .. run.Ended ? [] : Encoding.UTF8.GetBytes(end)];
        using var reader = XmlReader.Create(new MemoryStream(complete), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
        return [.. XDocument.Load(reader, LoadOptions.PreserveWhitespace).Root!.Elements()];
    }
}
