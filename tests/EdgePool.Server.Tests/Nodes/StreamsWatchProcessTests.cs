using EdgePool.Server.Cli;
using EdgePool.Server.Tests.Cli;
using EdgePool.Server.Tests.Management;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Server.Tests.Nodes;

/// <summary><c>edgepool streams --watch</c> as a shell sees it.</summary>
public sealed class StreamsWatchProcessTests
{
    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task Watch_Signal_EndsWithSuccess(string signal)
    {
        await using var node = await NodeFixture.StartAsync();
        await using var component = await ComponentClient.ConnectAsync(await node.EndPointAsync(inside: true), "contoso.example", "a secret of some length");
        using var watch = new EdgePoolProcess("streams", "--watch", "--socket", node.Socket);
        await watch.LineAsync(" new     1 Component ");

        watch.Signal(signal);

        Assert.Equal(ExitCode.Success, await watch.ExitAsync());
    }
}
