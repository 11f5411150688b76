using System.Security.Cryptography;
using EdgePool.Edge.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Peers;

public sealed class PeerIdentityTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string root = Directory.CreateTempSubdirectory("peer-identity-").FullName;

    private string Folder => Path.Combine(root, "state");

    private string File => Path.Combine(Folder, "peer.key");

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void LoadOrCreate_FirstStart_MakesAKeyOfItsOwnersAlone()
    {
        using var identity = PeerIdentity.LoadOrCreate(Folder);

        Assert.Equal(OwnerOnly, System.IO.File.GetUnixFileMode(File));
        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, System.IO.File.GetUnixFileMode(Folder));
        Assert.Matches("^[0-9a-f]{64}$", identity.Key);
        Assert.True(identity.Certificate.HasPrivateKey);
    }

    [Fact]
    public void LoadOrCreate_NextStart_HasTheSameKey()
    {
        using var first = PeerIdentity.LoadOrCreate(Folder);
        using var again = PeerIdentity.LoadOrCreate(Folder);

        Assert.Equal(first.Key, again.Key);
        Assert.NotEqual(first.Key, PeerIdentity.Create().Key);
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void LoadOrCreate_OpenToOthers_IsRefusedWithARemedy(UnixFileMode others)
    {
        PeerIdentity.LoadOrCreate(Folder).Dispose();
        System.IO.File.SetUnixFileMode(File, OwnerOnly | others);

        var fault = Assert.Throws<PeerIdentityException>(() => PeerIdentity.LoadOrCreate(Folder));

        Assert.Contains($"chmod 600 {File}", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")]
    public void LoadOrCreate_NoKey_IsRefusedAndKept(string text)
    {
        PeerIdentity.LoadOrCreate(Folder).Dispose();
        System.IO.File.WriteAllText(File, text);

        Assert.Throws<PeerIdentityException>(() => PeerIdentity.LoadOrCreate(Folder));

        Assert.Equal(text, System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void LoadOrCreate_OtherCurve_IsRefused()
    {
        PeerIdentity.LoadOrCreate(Folder).Dispose();
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        System.IO.File.WriteAllText(File, other.ExportPkcs8PrivateKeyPem());

        var fault = Assert.Throws<PeerIdentityException>(() => PeerIdentity.LoadOrCreate(Folder));

        Assert.Contains("P-256", fault.Message, StringComparison.Ordinal);
    }
}
