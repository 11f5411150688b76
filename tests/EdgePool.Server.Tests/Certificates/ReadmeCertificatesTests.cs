using System.Text.RegularExpressions;
using EdgePool.Server.Tests.Configuration;
using Xunit;

namespace EdgePool.Server.Tests.Certificates;

/// <summary>From nothing to a certificate in use: the commands of README.md, in their order.</summary>
public sealed class ReadmeCertificatesTests : IDisposable
{
    private readonly CertScene scene = new();

    public void Dispose() => scene.Dispose();

    [Fact]
    public void Commands_InTheirOrder_LeadToACertificateInUse()
    {
        var readme = File.ReadAllText(Path.Combine(Shipped.Folder(), "../README.md"));
        var lines = Regex.Matches(readme, @"^    edgepool cert (?<line>[^#\n]+?) *(#.*)?$", RegexOptions.Multiline | RegexOptions.ExplicitCapture).Select(line => line.Groups["line"].Value).ToList();
        Assert.Equal(["request", "import", "check", "assign"], lines.Select(line => line.Split(' ')[0]));
        foreach (var line in lines)
        {
            scene.Do(Regex.Replace(line, @"(?<= )(?=\S+\.(pem|key|yaml))", "@/") + line.Split(' ')[0] switch
            {
                "request" => " --yes --name NAME",
                "import" => " --folder @",
                _ => "",
            });
            if (File.Exists(scene.File("NAME.csr")))
            {
                scene.Write("answer.pem", scene.Authority.Sign(scene.Read("NAME.csr")));
            }
        }

        Assert.Equal((scene.Read("NAME.pem"), scene.Read("NAME.key")), (scene.Read("edge.pem"), scene.Read("edge.key")));
        Assert.Contains("proves contoso.example, xn--bcher-kva.example", scene.Do("check -c @/edgepool.yaml"), StringComparison.Ordinal);
    }
}
