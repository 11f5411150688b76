using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Policy.Verdicts;

/// <summary>Who talks to whom, which way: what a verdict is about, but for the stanza itself.</summary>
internal readonly ref struct StanzaCase(Direction direction, Partner partner, JidSpan local, JidSpan remote, IConsents consents)
{
    public Direction Direction { get; } = direction;

    public Partner Partner { get; } = partner;

    public JidSpan Local { get; } = local;

    public JidSpan Remote { get; } = remote;

    public IConsents Consents { get; } = consents;
}
