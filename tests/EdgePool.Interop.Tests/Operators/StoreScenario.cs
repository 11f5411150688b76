using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using EdgePool.Interop.Tests.Nodes;
using EdgePool.Interop.Tests.Partners;
using EdgePool.Server.Management.Wire;
using EdgePool.Testing.Peers;

namespace EdgePool.Interop.Tests.Operators;

/// <summary>A <see cref="PartnerScenario"/> whose node has a store, empty at first, and an operator. The component answers what <see cref="AskAsync"/> asks.</summary>
internal sealed class StoreScenario : IAsyncDisposable
{
    private const string Question = "ask";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string store;
    private int asked;

    private StoreScenario(string store, PartnerScenario network)
    {
        this.store = store;
        Network = network;
        Operator = new EdgeOperator(Path.Combine(store, "edgepool.sock"));
        Component.Answer = Answer;
    }

    public PartnerScenario Network { get; }

    public EdgeOperator Operator { get; }

    public EdgeProcess Edge => Network.Edge;

    public UserClient Alice => Network.Alice;

    public ComponentClient Component => Network.Component;

    /// <param name="kind">The partner's server.</param>
    /// <param name="proof">How it is authenticated.</param>
    /// <param name="pending">How long a stanza may wait for a stream; null: the default.</param>
    public static async Task<StoreScenario> StartAsync(ServerKind kind, Proof proof, TimeSpan? pending = null)
    {
        var directory = Directory.CreateTempSubdirectory("edgepool-store-").FullName;
        try
        {
            var network = await PartnerScenario.StartAsync(kind, proof, new Variation { Edge = setup => setup with { Store = directory, Partners = [], Pending = pending ?? setup.Pending } });
            return new StoreScenario(directory, network);
        }
        catch
        {
            Directory.Delete(directory, recursive: true);
            throw;
        }
    }

    /// <summary>The partner may, and so may every local user.</summary>
    public async Task LetInAsync()
    {
        await Operator.DoAsync($"partner add {PartnerScenario.PartnerDomain} --partner-type Federated");
        await Operator.DoAsync("policy set global --enable-federation-access --enable-xmpp-access");
    }

    /// <summary>Kills the node as kill -9 does, and starts another with the same store.</summary>
    public async Task CrashEdgeAsync()
    {
        await Edge.Process.KillAsync();
        await Network.StartEdgeAgainAsync();
        Component.Answer = Answer;
    }

    /// <summary>Asks for the node's status until it is as wanted.</summary>
    public async Task<StatusView> UntilStatusAsync(Func<StatusView, bool> wanted)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(300));
        StatusView? status = null;
        for (var since = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(since) < Patience;)
        {
            status = JsonSerializer.Deserialize(await Operator.DoAsync("status --json"), WireJson.Default.StatusView)!;
            if (wanted(status))
                return status;
            await pace.WaitForNextTickAsync();
        }

        Assert.Fail($"the node's status never was as wanted: {status}");
        return status!;
    }

    /// <summary>
    /// Until the component's answer reaches alice. She asks again when her server gives up: it may still wait, for a second, after it was refused.
    /// </summary>
    public async Task AskAsync()
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        XElement? heard = null;
        for (var since = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(since) < Patience;)
        {
            var id = Question + (asked++).ToString(CultureInfo.InvariantCulture);
            await Alice.SendAsync($"<message to='{PartnerScenario.Bot}' type='chat' id='{id}'><body>there?</body></message>");
            heard = await Alice.WaitForAsync($"message[@id='{id}']");
            if (heard.Attribute("type")?.Value != "error")
                return;
            await pace.WaitForNextTickAsync();
        }

        Assert.Fail($"alice is not answered: {heard}");
    }

    public async ValueTask DisposeAsync()
    {
        await Network.DisposeAsync();
        Directory.Delete(store, recursive: true);
    }

    private static string? Answer(XElement stanza)
    {
        string? Value(string name) => stanza.Attribute(name)?.Value;
        return Value("id")?.StartsWith(Question, StringComparison.Ordinal) == true && Value("type") != "error"
            ? $"<message from='{Value("to")}' to='{Value("from")}' type='chat' id='{Value("id")}'><body>here</body></message>"
            : null;
    }
}
