using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Server.Configuration.Yaml;

namespace EdgePool.Server.Configuration.Written;

/// <summary>Reads a partner of the node's own file: the keys of the Partner document, by the reader of documents, and its domain beside them.</summary>
internal static class PartnerReader
{
    /// <summary>Reads one partner; its <c>trust.ca</c> holds the names of files that are still to be read.</summary>
    public static PartnerDocument Read(MappingReader partner, ProblemList problems)
    {
        var reading = DocumentReader.ReadPartner(YamlToJson.Convert(partner.TakeWhole()), partner.Path);
        foreach (var problem in reading.Problems)
        {
            problems.Add(problem);
        }

        return reading.Written;
    }
}
