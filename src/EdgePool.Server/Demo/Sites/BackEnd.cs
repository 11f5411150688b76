using System.Net;
using EdgePool.Server.Demo.Peers;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Server.Demo.Sites;

/// <summary>The organisation's component, connected to every node. It answers each request on the session that it came by.</summary>
internal sealed class BackEnd(string secret, IReadOnlyList<ConfirmedFlow> flows)
{
    private readonly Lock gate = new();
    private readonly List<BackEndSession> sessions = [];
    private int broken;

    /// <summary>Whose requests it answers.</summary>
    public IReadOnlyList<ConfirmedFlow> Flows => flows;

    /// <summary>Sessions that broke since the start.</summary>
    public int Broken => Volatile.Read(ref broken);

    /// <summary>Connects to a node.</summary>
    /// <exception cref="DemoException">The node does not take it.</exception>
    public async Task<BackEndSession> ConnectAsync(DemoNode node, IPEndPoint inside, CancellationToken cancellation)
    {
        var session = new BackEndSession(this, node);
        session.Begin(await DemoComponent.ConnectAsync(inside, DomainName.Parse(DemoNames.Local), secret, session, cancellation));
        lock (gate)
        {
            sessions.RemoveAll(static old => old.IsOver);
            sessions.Add(session);
        }

        return session;
    }

    /// <summary>A session has ended: what was said there and nobody has confirmed is said again on one that stands. Where none does, it waits for the next request.</summary>
    public async Task OnBrokenAsync()
    {
        Interlocked.Increment(ref broken);
        BackEndSession? standing;
        lock (gate)
        {
            standing = sessions.Find(static session => !session.IsOver);
        }

        await (standing?.SayAgainAsync() ?? Task.CompletedTask);
    }
}
