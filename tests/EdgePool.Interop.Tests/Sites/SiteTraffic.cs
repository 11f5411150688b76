using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Xml.Linq;
using EdgePool.Interop.Tests.Faults;
using EdgePool.Interop.Tests.Servers;

namespace EdgePool.Interop.Tests.Sites;

/// <summary>One flow between a partner and what stands inside.</summary>
/// <param name="Partner">The partner.</param>
/// <param name="Inwards">From the partner to us.</param>
/// <param name="From">The domain that writes.</param>
/// <param name="Fates">Its messages.</param>
internal sealed record SiteFlow(string Partner, bool Inwards, string From, NumberedFates Fates);

/// <summary>
/// Numbered messages in both directions between each partner and what stands inside: a component, and the internal server. All that write at a server, the partners' or the internal one,
/// are components (XEP-0114) of it. The component of ours is connected to both sites, and writes to site A while it reaches it.
/// </summary>
internal sealed class SiteTraffic : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static int runs;

    private readonly TwoSites sites;
    private readonly int rate;
    private readonly int run = Interlocked.Increment(ref runs);
    private readonly List<SiteFlow> flows = [];
    private readonly List<Caller> callers = [];
    private readonly List<Caller> writers = [];

    /// <param name="sites">The sites.</param>
    /// <param name="rate">Messages a second with each partner, in each direction.</param>
    public SiteTraffic(TwoSites sites, int rate)
    {
        (this.sites, this.rate) = (sites, rate / 2);
        foreach (var partner in SiteNames.Partners)
        {
            AddAtServer(partner, SiteNames.ToGateOf(partner), SiteNames.GateFor(partner), inwards: true);
            AddGate(partner);
            AddAtServer(partner, SiteNames.ToChatOf(partner), SiteNames.ChatFor(partner), inwards: true);
            AddAtServer(partner, SiteNames.ChatFor(partner), SiteNames.ToChatOf(partner), inwards: false);
        }
    }

    public IReadOnlyList<SiteFlow> Flows => flows;

    /// <summary>Everybody connects and writes, and each flow flows.</summary>
    public async Task StartAsync()
    {
        foreach (var caller in callers)
            caller.Start();
        await Task.WhenAll(callers.Select(static caller => caller.Up)).WaitAsync(Patience);
        foreach (var writer in writers)
            writer.Write(on: true);
        await FlowsAsync(Stopwatch.GetTimestamp());
    }

    /// <summary>From now on, silence is measured.</summary>
    public void Measure() => flows.ForEach(static flow => flow.Fates.Measure());

    /// <summary>Waits until something has arrived in each flow after a moment.</summary>
    public async Task FlowsAsync(long moment)
    {
        if (!await UntilAsync(() => flows.TrueForAll(flow => flow.Fates.ArrivedSince(moment)), Patience))
            Assert.Fail($"not every direction flowed in time: {this}");
    }

    /// <summary>Nobody writes any more, and what is under way is given the time that stanzas have.</summary>
    /// <param name="bare">Flows of which some may be missing for good.</param>
    public async Task SettleAsync(Func<SiteFlow, bool> bare)
    {
        foreach (var caller in callers)
            caller.Write(on: false);
        await UntilAsync(() => flows.TrueForAll(flow => bare(flow) || flow.Fates.Missing().Count == 0), Patience);
    }

    /// <summary>Waits until nothing that was missing comes any more; it is missing for good, when nothing is in flight at any node.</summary>
    public async Task StandStillAsync()
    {
        for (var (missing, before) = (Missing(), -1); missing != before; (missing, before) = (Missing(), missing))
            await Task.Delay(TimeSpan.FromSeconds(1));
    }

    public override string ToString() => string.Join("; ", flows.Select(static flow => $"{flow.Fates.Name}: {flow.Fates.Count()}, last error {flow.Fates.LastError}"));

    public async ValueTask DisposeAsync() => await Task.WhenAll(callers.Select(static caller => caller.DisposeAsync().AsTask()));

    private static async Task<bool> UntilAsync(Func<bool> condition, TimeSpan patience)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var since = Stopwatch.GetTimestamp(); !condition(); await pace.WaitForNextTickAsync())
        {
            if (Stopwatch.GetElapsedTime(since) > patience)
                return false;
        }

        return true;
    }

    private int Missing() => flows.Sum(static flow => flow.Fates.Missing().Count);

    /// <summary>A component at a server writes; the server has all time to take it.</summary>
    private void AddAtServer(string partner, string from, string to, bool inwards)
    {
        var server = sites.Servers[inwards ? partner : SiteNames.Inside];
        var writer = new ScriptedComponent(from, XmppServerOptions.Password, [server.ComponentEndPoint], Flow(partner, inwards, from, to), Take, rate) { Silence = TimeSpan.MaxValue };
        callers.Add(writer);
        writers.Add(writer);
    }

    private void AddGate(string partner)
    {
        var flow = Flow(partner, inwards: false, SiteNames.GateFor(partner), SiteNames.ToGateOf(partner));
        ScriptedComponent To(IReadOnlyList<IPEndPoint> site, Action<bool>? stands = null) => new(SiteNames.GateFor(partner), TwoSites.Secret, site, flow, Take, rate) { Stands = stands };
        var second = To(sites.Lines.ComponentsAt(SiteNames.B));
        var first = To(sites.Lines.ComponentsAt(SiteNames.A), up => second.Write(!up));
        callers.AddRange([first, second]);
        writers.Add(first);
    }

    private NumberedFates Flow(string partner, bool inwards, string from, string to)
    {
        var made = new NumberedFates(string.Create(CultureInfo.InvariantCulture, $"{run}-{flows.Count}-"), $"u@{from}", $"u@{to}");
        flows.Add(new SiteFlow(partner, inwards, from, made));
        return made;
    }

    private void Take(XElement stanza) => flows.Exists(flow => flow.Fates.Take(stanza));
}
