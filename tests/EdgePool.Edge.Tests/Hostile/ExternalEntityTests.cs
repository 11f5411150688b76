using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using EdgePool.Edge.Tests.Fixture;
using Xunit;

namespace EdgePool.Edge.Tests.Hostile;

/// <summary>XML-25: what a document type names is neither looked up, nor connected to, nor opened.</summary>
[Collection(nameof(HostileCollection))]
public sealed class ExternalEntityTests(EdgeFixture fixture) : HostileTests<EdgeFixture>(fixture)
{
    private const int WriteOnlyNonBlocking = 0x801;
    private const int NobodyReads = 6; // ENXIO

    [Theory]
    [InlineData("XML-25 DOCTYPE", "<!DOCTYPE x SYSTEM '{0}'>")]
    [InlineData("XML-25 public", "<!DOCTYPE x PUBLIC 'x' '{0}'>")]
    [InlineData("XML-25 entity", "<!DOCTYPE x [<!ENTITY e SYSTEM '{0}'>]>")]
    [InlineData("XML-25 parameter entity", "<!DOCTYPE x [<!ENTITY % p SYSTEM '{0}'> %p;]>")]
    public async Task ExternalEntity_IsNotFetched(string id, string declaration)
    {
        using var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();
        var pipe = Path.Combine(Directory.CreateTempSubdirectory("edgepool-xml25-").FullName, "pipe");
        Assert.Equal(0, MakePipe(pipe, 0x180));
        var asked = edge.Names.Asked.Count;
        foreach (var place in new[] { $"http://{listening.LocalEndPoint}/", "http://entity.p1.example/", $"file://{pipe}" })
        {
            await using var peer = await RawPeer.ConnectAsync(edge.Outside);
            await peer.SendAsync([Wire.Encode(string.Format(System.Globalization.CultureInfo.InvariantCulture, declaration, place) + "<stream:stream>&e;")]);
            Assert.Matches($"^{Wire.OurHeader}{Wire.StreamError("restricted-xml")}$", (await peer.HearEndAsync()).Text);
        }

        Assert.False(listening.Poll(0, SelectMode.SelectRead), $"{id}: connected");
        Assert.Equal(asked, edge.Names.Asked.Count);

        // Who opens a named pipe to read it waits for a writer: a reader, had there been one, would still be there.
        Assert.Equal(-1, Open(pipe, WriteOnlyNonBlocking));
        Assert.Equal(NobodyReads, Marshal.GetLastPInvokeError());
        Directory.Delete(Path.GetDirectoryName(pipe)!, recursive: true);
    }

    [DllImport("libc", EntryPoint = "mkfifo", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true, SetLastError = true)]
    private static extern int MakePipe(string path, uint mode);

    [DllImport("libc", EntryPoint = "open", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true, SetLastError = true)]
    private static extern int Open(string path, int flags);
}
