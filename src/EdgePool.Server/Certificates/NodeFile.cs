using EdgePool.Server.Configuration;
using EdgePool.Server.Configuration.Written;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Server.Certificates;

/// <summary>What the commands about certificates take from a node's file. The node need not be able to run with it: its certificate may be what is still missing.</summary>
/// <param name="Path">The file.</param>
/// <param name="Document">What is written.</param>
/// <param name="Domains">The local domains.</param>
internal sealed record NodeFile(string Path, NodeDocument Document, IReadOnlyList<DomainName> Domains)
{
    /// <summary>The folder that relative names begin at.</summary>
    public string Folder => System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;

    /// <summary>A file that the node's file names, as an absolute path.</summary>
    public string Full(string name) => System.IO.Path.GetFullPath(name, Folder);

    /// <summary>Reads; null when the file cannot be read or understood. Only then are there problems to tell.</summary>
    public static NodeFile? Read(string path, out ConfigurationResult result)
    {
        var problems = new ProblemList(path);
        var document = ConfigurationLoader.ReadDocument(path, problems);
        result = new ConfigurationResult(Options: null, problems.InOrder);
        if (document is null)
        {
            return null;
        }

        var domains = new List<DomainName>();
        foreach (var written in document.Domains)
        {
            if (DomainName.TryParse(written.Name, out var domain))
            {
                domains.Add(domain);
            }
        }

        return new NodeFile(path, document, domains);
    }
}
