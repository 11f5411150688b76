using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Policy.Tests.Negotiation;

/// <summary>An operator at work: the documents that were saved, and the snapshot that they gave.</summary>
internal sealed class EditedPolicy(Random random)
{
    private static readonly DomainName[] LocalDomains = [DomainName.Parse(PeerScript.Local)];
    private static readonly PartnerDocument[] Choices = [.. WrittenMatrix.AllSettings()];
    private List<PartnerDocument> saved = [];

    public static IReadOnlyList<string> Domains { get; } = ["p1.example", "p2.example"];

    public Random Random => random;

    public PolicySnapshot Snapshot { get; private set; } = PolicySnapshot.Closed;

    /// <summary>Compiles; null: refused.</summary>
    public static PolicySnapshot? Compile(IReadOnlyList<PartnerDocument> documents) => PolicyCompiler.Compile(documents, LocalDomains).Snapshot;

    /// <summary>What the partner's streams may do at the moment.</summary>
    public Allowed AllowedFor(string domain) => saved.Find(d => d.Domain == domain) is { } document && document.Enabled != false ? WrittenMatrix.Of(document) : default;

    public void EditPerhaps()
    {
        if (random.Next(3) == 0)
            Edit();
    }

    /// <summary>One edit; a refused one leaves everything as it was.</summary>
    public void Edit()
    {
        var written = saved.ToList();
        var broken = Write(written);
        var compiled = Compile(written);
        Assert.True((compiled is null) == (broken || written.Exists(d => !WrittenMatrix.Of(d).Any)), string.Join('\n', written));
        if (compiled is not null)
            (saved, Snapshot) = (written, compiled);
    }

    /// <returns>Whether the documents are broken otherwise than by the matrix.</returns>
    private bool Write(List<PartnerDocument> documents)
    {
        var domain = random.GetItems([.. Domains], 1)[0];
        var at = documents.FindIndex(d => d.Domain == domain);
        switch (random.Next(10))
        {
            case 0 when at >= 0:
                documents.RemoveAt(at);
                return false;
            case 1 when at >= 0:
                documents.Add(documents[at]);
                return true;
            case 2:
                documents.Add(Choices[random.Next(Choices.Length)] with { Domain = PeerScript.Local });
                return true;
            case 3 when at >= 0:
                documents[at] = documents[at] with { Enabled = random.Next(2) == 0 };
                return false;
            case 4 or 5 when at >= 0:
                documents[at] = EditOne(documents[at]);
                return false;
            default:
                var document = Choices[random.Next(Choices.Length)] with { Domain = domain };
                if (at < 0)
                    documents.Add(document);
                else
                    documents[at] = document;
                return false;
        }
    }

    private PartnerDocument EditOne(PartnerDocument document) => random.Next(5) switch
    {
        0 => document with { TlsNegotiation = (NegotiationMode)random.Next(3) },
        1 => document with { SaslNegotiation = (NegotiationMode)random.Next(3) },
        2 => document with { SupportDialback = !document.SupportDialback },
        3 => document with { LyncCompat = !document.LyncCompat },
        _ => document with { RequireTrustedCertificate = !document.RequireTrustedCertificate },
    };
}
