using System.Globalization;
using EdgePool.Policy.Documents;
using EdgePool.Server.Configuration;
using EdgePool.Server.Configuration.Files;
using EdgePool.Server.Configuration.Yaml;

namespace EdgePool.Server.Cli.Documents;

/// <summary>Puts the certificates of the files that a partner's <c>trust: { ca: […] }</c> names into the document: the node cannot read the operator's files.</summary>
internal sealed class InlinedFiles(string folder, ProblemList problems)
{
    private const string PemBegins = "-----BEGIN";

    /// <summary>The spec with the texts in place of the names.</summary>
    public YamlMapping Into(string kind, YamlMapping spec)
        => kind is DocumentKinds.Partner ? Replace(spec, "trust", trust => trust is YamlMapping keys ? Replace(keys, "ca", Certificates) : trust) : spec;

    private static YamlMapping Replace(YamlMapping mapping, string key, Func<YamlValue, YamlValue> with)
        => mapping with
        {
            Entries = [.. mapping.Entries.Select(entry => string.Equals(entry.Key, key, StringComparison.Ordinal) ? entry with { Value = with(entry.Value) } : entry)],
        };

    private YamlValue Certificates(YamlValue written) => written switch
    {
        YamlList list => list with { Items = [.. list.Items.Select(Certificate)] },
        YamlText { IsNull: false } single => new YamlList(single.At, single.Path, [Certificate(single)]),
        _ => written,
    };

    private YamlValue Certificate(YamlValue written)
    {
        if (written is not YamlText { IsNull: false } text || text.Text.StartsWith(PemBegins, StringComparison.Ordinal))
        {
            return written;
        }

        var found = new ProblemList("");
        var pem = new NamedFiles(folder, found).Read(text.Text, "", secret: false);
        foreach (var problem in found.InOrder)
        {
            problems.Error(text.At, problem.What, problem.Remedy);
        }

        if (pem is not null && !pem.Contains(PemBegins, StringComparison.Ordinal))
        {
            problems.Error(text.At, string.Create(CultureInfo.InvariantCulture, $"{Shown.Of(text.Text)} holds no certificate in PEM"), "name a file with -----BEGIN CERTIFICATE----- in it");
        }

        return text with { Text = pem ?? "", Plain = false };
    }
}
