using System.Collections.Concurrent;
using System.Xml.Linq;
using EdgePool.Testing.Peers;

namespace EdgePool.Interop.Tests.Partners;

/// <summary>
/// XEP-0198 with a real Prosody (mod_smacks), which enables it on the streams that it opens and offers it on those that it takes, without resumption, and answers
/// what was not acknowledged when a stream is lost.
/// </summary>
public sealed class StreamManagementTests
{
    private const int Flow = 5_000;
    private const int Managed = 1005;

    // The promise end to end: what died with the node was never acknowledged, so its sender's server still had it.
    [Fact]
    public async Task Node_KilledInMidFlow_EveryStanzaArrivesOrComesBack()
    {
        await using var scenario = await StartAsync();
        await scenario.EstablishAsync();
        await scenario.Edge.FindAsync(e => e.Id == Managed && scenario.Edge.IsInbound(e), "Prosody has enabled stream management");
        var fates = new Fates();
        var first = fates.CollectAsync(scenario.Component, "body");
        var back = fates.CollectAsync(scenario.Alice, "error");

        const int AfterTheKill = Flow / 5;
        var sending = NumberedFlow.SendAsync(scenario.Alice, scenario.Alice.Jid, PartnerScenario.Bot, Flow - AfterTheKill);
        await fates.UntilAsync(count => count >= Flow / 10);
        await scenario.Edge.Process.KillAsync();
        await sending;
        await NumberedFlow.SendAsync(scenario.Alice, scenario.Alice.Jid, PartnerScenario.Bot, AfterTheKill, first: Flow - AfterTheKill);
        await first;
        await scenario.StartEdgeAgainAsync();
        var second = fates.CollectAsync(scenario.Component, "body");

        await fates.UntilAsync(count => count == Flow);
        await scenario.Component.DisposeAsync();
        await scenario.Alice.DisposeAsync();
        await Task.WhenAll(second, back);
    }

    [Fact]
    public async Task Flow_BothWays_IsAcknowledgedBothWays()
    {
        await using var scenario = await StartAsync();
        await scenario.EstablishAsync();
        await scenario.Edge.FindAsync(e => e.Id == Managed && scenario.Edge.IsInbound(e), "Prosody has enabled stream management");
        await scenario.Edge.FindAsync(e => e.Id == Managed && !scenario.Edge.IsInbound(e), "Prosody has taken stream management");

        var sending = Task.WhenAll(
            NumberedFlow.SendAsync(scenario.Alice, scenario.Alice.Jid, PartnerScenario.Bot, Flow),
            NumberedFlow.SendAsync(scenario.Component, PartnerScenario.Bot, scenario.Alice.Jid, Flow));
        await Task.WhenAll(
            NumberedFlow.ReceiveAsync(scenario.Component, scenario.Alice.Jid, Flow),
            NumberedFlow.ReceiveAsync(scenario.Alice, PartnerScenario.Bot, Flow));
        await sending;

        var account = await scenario.Edge.StopAsync();
        Assert.True(account is { Balances: true, InFlight: 0, Bounced: 0, Dropped: 0 } && account.Delivered >= 2 * Flow, account.ToString());
    }

    private static Task<PartnerScenario> StartAsync()
        => PartnerScenario.StartAsync(ServerKind.Prosody, Proof.External, new Variation { Partner = options => options with { StreamManagement = true } });

    /// <summary>Which of the numbered messages have arrived or come back.</summary>
    private sealed class Fates
    {
        private readonly ConcurrentDictionary<string, bool> known = new(StringComparer.Ordinal);
        private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int bounced;

        public int Count => known.Count;

        public int Bounced => bounced;

        /// <summary>Takes what comes until the connection ends.</summary>
        public async Task CollectAsync(StanzaClient client, string child)
        {
            client.Patience = Timeout.InfiniteTimeSpan;
            try
            {
                while (true)
                    Note(await client.ReceiveAsync(), child);
            }
            catch (DialogueException)
            {
                // The connection has ended.
            }
        }

        public async Task UntilAsync(Func<int, bool> enough)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            try
            {
                while (true)
                {
                    var signal = Volatile.Read(ref changed).Task;
                    if (enough(Count))
                        return;
                    await signal.WaitAsync(patience.Token);
                }
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"of {Flow} messages {Count - bounced} arrived and {bounced} came back; nothing was heard of {Flow - Count}");
            }
        }

        private void Note(XElement stanza, string child)
        {
            if (stanza.Attribute("id")?.Value is not ['n', .. var number] || !stanza.Elements().Any(e => e.Name.LocalName == child) || !known.TryAdd(number, value: true))
                return;
            if (child == "error")
                Interlocked.Increment(ref bounced);
            Interlocked.Exchange(ref changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }
    }
}
