using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Server.Cli;
using EdgePool.Server.Tests.Cli;
using Xunit;

namespace EdgePool.Server.Tests.Certificates;

/// <summary>The real process: CERT-39 from <c>cert assign</c> to the next handshake.</summary>
public sealed class CertificateReloadTests : IDisposable
{
    private readonly CertScene scene = new();

    public CertificateReloadTests()
    {
        new CraftedCertificate().Place(scene, "edge");
        new CraftedCertificate().Place(scene, "new");
    }

    public void Dispose() => scene.Dispose();

    [Fact]
    public async Task Run_CertificateAssigned_IsShownToTheNextPartner()
    {
        using var edge = new EdgePoolProcess("run", "--config", scene.Config);
        var address = await AddressAsync(edge);
        var (old, next) = (Thumbprint("edge.pem"), Thumbprint("new.pem"));
        using var standing = await ConnectAsync(address);
        Assert.Equal(old, Shown(standing));

        scene.Do("assign @/new.pem --key @/new.key -c @/edgepool.yaml");
        await edge.LineAsync(" info 2100 CertificatesReplaced count=1 ");

        using var later = await ConnectAsync(address);
        Assert.Equal(next, Shown(later));
        await standing.WriteAsync("<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' to='contoso.example' version='1.0'>"u8.ToArray());
        Assert.True(await standing.ReadAsync(new byte[1]) == 1, "the old stream is answered");

        scene.Write("edge.pem", "half a file");
        edge.Signal("HUP");
        await edge.LineAsync(" error 2101 CertificatesRefused reasons=\"edge.pem holds no certificate in PEM");
        using var last = await ConnectAsync(address);
        Assert.Equal(next, Shown(last));

        edge.Signal("TERM");
        Assert.Equal(ExitCode.Success, await edge.ExitAsync());
    }

    private static async Task<IPEndPoint> AddressAsync(EdgePoolProcess edge)
    {
        await edge.LineAsync("kind=s2s");
        var line = edge.Text.Split('\n').First(text => text.Contains("kind=s2s", StringComparison.Ordinal));
        return IPEndPoint.Parse(line[(line.IndexOf("address=", StringComparison.Ordinal) + 8)..].Trim());
    }

    private static async Task<SslStream> ConnectAsync(IPEndPoint address)
    {
        var client = new TcpClient();
        await client.ConnectAsync(address);
        var stream = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
        await stream.AuthenticateAsClientAsync("contoso.example");
        return stream;
    }

    private static string Shown(SslStream stream) => stream.RemoteCertificate!.GetCertHashString();

    private string Thumbprint(string name)
    {
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(scene.File(name));
        return certificate.Thumbprint;
    }
}
