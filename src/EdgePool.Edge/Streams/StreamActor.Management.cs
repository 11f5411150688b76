using EdgePool.Edge.StreamManagement;
using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.StreamManagement;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <content>Stream management (XEP-0198): which side asks for it, and the accounts that it opens.</content>
internal abstract partial class StreamActor
{
    private readonly ManagementNegotiation management = new();
    private StreamAccounts? accounts;

    private bool WeInitiated => Info.Kind is StreamKind.PartnerOutbound or StreamKind.InternalOutbound;

    /// <summary>It may be enabled: by us at once, before a stanza is written, where the stream is ours.</summary>
    private void BeginManagement()
    {
        if (!WeInitiated)
            management.Offer();
        else if (!TryResumeFormer())
            Enable();
    }

    private void Enable()
    {
        management.Request();
        OpenAccounts(ManagementMarkup.Enable(resume: AllowsResumption));
    }

    private IReadOnlyList<NegotiationEffect> OnManaged(XmlElement element)
    {
        switch (management.OnElement(element))
        {
            case ManagementStep.Enable enable:
                var id = enable.Resumable && AllowsResumption ? StreamIds.New() : null;
                OpenAccounts(ManagementMarkup.Enabled(id, Edge.Options.Timeouts.Resumption));
                Count();
                MakeResumable(id);
                return [];
            case ManagementStep.Enabled enabled:
                Count();
                KeepForResumption(enabled);
                return [];
            case ManagementStep.Refused:
                accounts!.Sent.GiveUp();
                return [new NegotiationEffect.Dropped("stream-management-refused")];
            case ManagementStep.Resume resume:
                Claim(resume);
                return [];
            case ManagementStep.Resumed resumed:
                return GoOn(resumed.H);
            case ManagementStep.NotResumed refused:
                return BeginAnew(refused.H);
            case ManagementStep.Reply reply:
                return [new NegotiationEffect.Send(reply.Xml)];
            case ManagementStep.Ignore ignored:
                return [new NegotiationEffect.Dropped(ignored.Reason)];
            case ManagementStep.End end:
                return CloseWith(end.Reason, end.Error, end.Detail);
            case var step:
                throw new InvalidOperationException($"nobody carries out {step.GetType().Name} here");
        }
    }

    /// <summary>What is written behind <paramref name="xml"/> is the peer's to acknowledge.</summary>
    private void OpenAccounts(ReadOnlyMemory<byte> xml)
    {
        var output = Writer;
        var routes = Edge.Routes;
        var limits = new SentLimits(Edge.Options.Limits.UnacknowledgedStanzas, Edge.Options.Limits.UnacknowledgedBytes);
        accounts = new StreamAccounts(new ReceivedStanzas(output.Wake), new SentStanzas(limits, Edge.Ledger, Edge.Time, () => routes.Drained?.Invoke()), output.Wake);
        output.Send(xml.Span, accounts);
    }

    /// <summary>What comes from here on is ours to acknowledge. The pump waits for us.</summary>
    private void Count()
    {
        pump!.Manage(accounts!);
        StreamLog.Managed(Edge.Logs.Streams, Info.Number);
    }

    /// <summary>When nothing more is written, what the peer has not acknowledged is answered.</summary>
    private void EndManagement()
    {
        EndResumption();
        if (accounts is not null)
            _ = LoseAfterAsync(Writer.Ended, accounts.Sent, Edge);
    }

    private static async Task LoseAfterAsync(Task ended, SentStanzas sent, EdgeRuntime edge)
    {
        await ended;
        LostStreams.Lose(sent, edge.Bouncer);
    }
}
