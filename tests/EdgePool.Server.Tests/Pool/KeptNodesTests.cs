using System.Collections.Immutable;
using EdgePool.Cluster.Membership;
using EdgePool.Server.Pool;
using EdgePool.Testing.Time;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EdgePool.Server.Tests.Pool;

/// <summary>What a node knows of the others when it starts and the store does not answer.</summary>
public sealed class KeptNodesTests : IDisposable
{
    private static readonly NodeRecord Other = new("b", "pool", "b-1", "1", "10.0.0.2:23457", PeerKey: "key");

    private readonly string folder = Directory.CreateTempSubdirectory("edgepool-kept-").FullName;
    private readonly VirtualTimeProvider time = new();
    private PoolView said = PoolView.Empty;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task View_OfANodeThatStartsWithoutTheStore_IsTheOneOfBefore()
    {
        using var stopping = new CancellationTokenSource();
        said = Of(7, Other);
        var running = Open().RunAsync(stopping.Token);
        await stopping.CancelAsync();
        await running;
        said = PoolView.Empty;

        var kept = Open();

        Assert.Equal((0, Other), (kept.View.Revision, Assert.Single(kept.View.Nodes.Values)));
        said = Of(9);
        Assert.Equal((9, 0), (kept.View.Revision, kept.View.Nodes.Count));
    }

    [Theory]
    [InlineData("")]
    [InlineData("no json")]
    [InlineData("""[{"name":"b"}]""")]
    [InlineData("""[null]""")]
    public void View_OfAFileThatIsNone_IsEmpty(string text)
    {
        File.WriteAllText(Path.Combine(folder, KeptNodes.FileName), text);

        Assert.Empty(Open().View.Nodes);
    }

    private static PoolView Of(long revision, params NodeRecord[] nodes)
        => new(revision, nodes.ToImmutableSortedDictionary(static node => node.Name, static node => node, StringComparer.Ordinal));

    private KeptNodes Open() => new(folder, () => said, time, NullLogger.Instance);
}
