using EdgePool.Edge.StreamManagement;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Transport;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.StreamManagement;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <content>
/// Resumption (XEP-0198 section 5): a stream that goes on with what another one left, and one that leaves it. Only a stream whose connection broke without a word
/// leaves anything, or one that gives way to its successor; a stream that ends in order, or by an error, is over. It is left when nothing more is read and nothing
/// more is written, so that both counts stand.
/// </content>
internal abstract partial class StreamActor
{
    private string? resumableAs;
    private TimeSpan resumableFor;
    private string? location;
    private LostStream? former;
    private uint handledBefore;
    private ManagementStep.Resume? claimed;
    private PumpEvent? held;
    private bool yielding;
    private bool detaching;

    /// <summary>What the route's last stream left, for us to go on with; null: nothing.</summary>
    protected virtual LostStream? Former => null;

    /// <summary>The pairs that go both ways, or will when <see cref="OnAuthenticated"/> says so.</summary>
    protected virtual IReadOnlyCollection<DomainPair> GoingBothWays => BothWays;

    /// <summary>Where the stream leads; null: the peer opened it.</summary>
    protected virtual OutboundTarget? ComesFrom => null;

    /// <summary>The stream can be left as it is now.</summary>
    protected virtual bool MayBeLeft => true;

    /// <summary>The stream waits for the peer's word on <c>&lt;resume/&gt;</c>: no stanza goes out before.</summary>
    protected bool Resuming => management.State is ManagementState.Resuming;

    /// <summary>It is lost: those whose routes it carried must know.</summary>
    protected abstract void Leave(StreamLost word);

    private bool AllowsResumption => Pairs.All(pair => TermsFor(pair) is { AllowsResumption: true });

    private bool IsResumable => resumableAs is not null && accounts is not null && MayBeLeft;

    /// <summary>The peer may resume the stream.</summary>
    private void MakeResumable(string? id)
    {
        if (id is null)
            return;
        (resumableAs, resumableFor) = (id, Edge.Options.Timeouts.Resumption);
        Edge.Resumable.Enter(id, Self, Info.Kind, accounts!.Received, [.. proofs]);
    }

    /// <summary>We may resume the stream.</summary>
    private void KeepForResumption(ManagementStep.Enabled enabled)
    {
        var most = Edge.Options.Timeouts.Resumption;
        (resumableAs, location) = (AllowsResumption ? enabled.Id : null, enabled.Location);
        resumableFor = enabled.AtMost < most ? enabled.AtMost.Value : most;
    }

    /// <summary>Asks the peer to go on with what the route's last stream left; false when there is nothing that may go on here: it is over.</summary>
    private bool TryResumeFormer()
    {
        if (Former is not { } lost)
            return false;
        if (!lost.Terms.AllowFor(proofs, GoingBothWays) || !lost.TryTake())
        {
            Edge.Lost.End(lost);
            return false;
        }

        management.RequestResumption();
        Timers.StartSingleTimer(NegotiationTimer, new Deadline(NegotiationTimer), Edge.Options.Timeouts.Authentication);
        var output = Writer;
        (former, resumableAs, resumableFor, location, handledBefore) = (lost, lost.Id, lost.Terms.AtMost, lost.Terms.Location, lost.Sent.Handled);
        accounts = new StreamAccounts(lost.Received, lost.Sent, output.Wake);
        output.Send(ManagementMarkup.Resume(lost.Id, lost.Received.Resume(output.Wake)).Span);
        return true;
    }

    /// <summary>The peer goes on: what it has not handled goes out again, and then what has come since.</summary>
    private IReadOnlyList<NegotiationEffect> GoOn(uint h)
    {
        Timers.Cancel(NegotiationTimer);
        if (!accounts!.Sent.Resume(h))
            return TooHigh();
        Writer.Send([], accounts);
        Count();
        StreamLog.Resumed(Edge.Logs.Streams, Info.Number, accounts.Sent.Unacknowledged);
        return OnAuthenticated(proofs[0]);
    }

    /// <summary>The peer does not go on: what it has not handled is answered, and the stream is as good as any.</summary>
    private IReadOnlyList<NegotiationEffect> BeginAnew(uint? h)
    {
        Timers.Cancel(NegotiationTimer);
        if (h is { } handled)
            accounts!.Sent.Acknowledge(handled);
        StreamLog.NotResumed(Edge.Logs.Streams, Info.Number, accounts!.Sent.Unacknowledged);
        LostStreams.Lose(accounts.Sent, Edge.Bouncer);
        (accounts, former, resumableAs) = (null, null, null);
        Enable();
        return OnAuthenticated(proofs[0]);
    }

    /// <summary>The peer wants to go on with another stream: that is found, or ended first, while the pump stands still.</summary>
    private void Claim(ManagementStep.Resume resume)
    {
        claimed = resume;
        Timers.StartSingleTimer(NegotiationTimer, new Deadline(NegotiationTimer), Edge.Options.Timeouts.Authentication);
        Edge.Resumable.Claim(resume.Id, new ResumptionClaim(Info.Kind, [.. proofs], BothWays), Self);
    }

    private void OnResumption(ResumptionAnswer answer)
    {
        if (closing || claimed is not { } asked || held is not { } met)
            return;
        (claimed, held) = (null, null);
        Timers.Cancel(NegotiationTimer);
        Decide(met, AllowsResumption && answer.Lost is { } lost && lost.TryTake() ? TakeOver(lost, asked.H) : Decline(answer.Handled));
    }

    private NegotiationEffect[] Decline(uint? handled)
    {
        management.Resume(can: false);
        return [new NegotiationEffect.Send(ManagementMarkup.Failed(AllowsResumption ? StanzaErrorCondition.ItemNotFound : StanzaErrorCondition.FeatureNotImplemented, handled))];
    }

    private IReadOnlyList<NegotiationEffect> TakeOver(LostStream lost, uint h)
    {
        var output = Writer;
        management.Resume(can: true);
        (former, handledBefore) = (lost, lost.Sent.Handled);
        accounts = new StreamAccounts(lost.Received, lost.Sent, output.Wake);
        MakeResumable(lost.Id);
        if (!lost.Sent.Resume(h))
            return TooHigh();
        output.Send(ManagementMarkup.Resumed(lost.Id, lost.Received.Resume(output.Wake)).Span, accounts);
        Count();
        StreamLog.Resumed(Edge.Logs.Streams, Info.Number, accounts.Sent.Unacknowledged);
        foreach (var pair in BothWays)
            Edge.Routes.Offer(pair);
        return [];
    }

    private IReadOnlyList<NegotiationEffect> TooHigh()
        => CloseWith(StreamEndReason.ProtocolViolation, ManagementMarkup.HandledCountTooHigh, "resumes with more handled than it was sent");

    /// <summary>Neither read nor write goes on; when the last of each has ended, what is left is handed on.</summary>
    private void Detach()
    {
        if (detaching)
            return;
        detaching = true;
        pump!.Stop();
        writer!.Abandon();
        transport!.Dispose();
        _ = ReportDetachedAsync(Task.WhenAll(writer.Ended, pump.Ended), Self);
    }

    private void OnDetached()
    {
        accounts!.Received.Suspend();
        var (id, left) = (resumableAs!, accounts);
        // A peer that comes again and acknowledges nothing gains no time.
        var since = former is not null && left.Sent.Handled == handledBefore && left.Sent.Unacknowledged > 0 ? former.Terms.Since : Edge.Time.GetTimestamp();
        var terms = new LostTerms([.. proofs], [.. GoingBothWays], TermsSource, since, resumableFor) { Target = ComesFrom, Location = location };
        var lost = new LostStream(id, left.Received, left.Sent, terms);
        (accounts, resumableAs) = (null, null);
        Edge.Lost.Add(lost, Edge.Connections.HolderOf(Pairs[0].Remote));
        if (ComesFrom is null)
            Edge.Resumable.Leave(id, Self, lost);
        StreamLog.Left(Edge.Logs.Streams, Info.Number, lost.Sent.Unacknowledged, resumableFor);
        Leave(new StreamLost(lost));
        Context.Stop(Self);
    }

    private void EndResumption()
    {
        if (resumableAs is not null && ComesFrom is null)
            Edge.Resumable.Leave(resumableAs, Self, lost: null);
    }

    private static async Task ReportDetachedAsync(Task ended, IActorRef self)
    {
        await ended;
        self.Tell(Detached.Instance);
    }

    private sealed class Detached
    {
        public static Detached Instance { get; } = new();
    }
}
