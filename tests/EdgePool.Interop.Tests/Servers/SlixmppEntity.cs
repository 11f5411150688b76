using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Threading.Channels;

namespace EdgePool.Interop.Tests.Servers;

/// <summary>One event that a slixmpp entity reports; fields that the event does not have are empty.</summary>
internal sealed record SlixmppEvent(string Event, string From, string To, string Type, string Body, string Condition);

/// <summary>A user or component of slixmpp 1.8 in a process of its own, driven by lines of JSON (Scripts/entity.py).</summary>
internal sealed class SlixmppEntity : IAsyncDisposable
{
    private readonly ServerProcess process;
    private readonly Channel<SlixmppEvent> events;

    private SlixmppEntity(ServerProcess process, Channel<SlixmppEvent> events, string jid)
    {
        this.process = process;
        this.events = events;
        Jid = jid;
    }

    public string Jid { get; private set; }

    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>A user logged in at a server; its certificate is checked against the authority.</summary>
    public static Task<SlixmppEntity> ConnectUserAsync(XmppServer server, string user, string authorityFile) =>
        StartAsync("user", $"{user}@{server.Domain}/slixmpp", XmppServerOptions.Password, server.ClientEndPoint, authorityFile);

    /// <summary>A component (XEP-0114).</summary>
    public static Task<SlixmppEntity> ConnectComponentAsync(IPEndPoint server, string domain, string secret) =>
        StartAsync("component", domain, secret, server);

    /// <summary>Answers each chat message with its body behind “echo: ”.</summary>
    public Task EchoAsync() => CommandAsync(new { op = "echo" });

    public Task SendMessageAsync(string to, string body) => CommandAsync(new { op = "message", to, body });

    /// <summary>Presence of the type, or “available” for null.</summary>
    public Task SendPresenceAsync(string to, string? type = null) => CommandAsync(new { op = "presence", to, type });

    /// <summary>XEP-0199; the answer is an event “pong” or “error”.</summary>
    public Task PingAsync(string to) => CommandAsync(new { op = "ping", to });

    /// <summary>The next event that is wanted; others are passed over.</summary>
    public async Task<SlixmppEvent> WaitForAsync(Func<SlixmppEvent, bool> wanted)
    {
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            while (true)
            {
                if (await events.Reader.ReadAsync(deadline.Token) is var found && wanted(found))
                    return found;
            }
        }
        catch (OperationCanceledException e)
        {
            throw process.Failure("reported nothing of what was waited for", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            await CommandAsync(new { op = "quit" });
        await process.DisposeAsync();
    }

    private static async Task<SlixmppEntity> StartAsync(string kind, string jid, string secret, IPEndPoint server, params string[] more)
    {
        Programs.Require("/usr/bin/python3", "setpriv");
        Programs.RequirePythonModule("slixmpp");
        var script = Path.Combine(AppContext.BaseDirectory, "Scripts", "entity.py");
        var reports = Channel.CreateBounded<SlixmppEvent>(100_000);
        string[] arguments = [script, kind, jid, secret, server.Address.ToString(), server.Port.ToString(CultureInfo.InvariantCulture), .. more];
        var python = await ServerProcess.StartAsync("slixmpp " + jid, "/usr/bin/python3", arguments, onLine: line => Report(reports.Writer, line));
        var entity = new SlixmppEntity(python, reports, jid);
        try
        {
            var first = await entity.WaitForAsync(e => e.Event is "online" or "failed");
            if (first.Event != "online")
                throw python.Failure("did not come online");
            entity.Jid = first.To;
            return entity;
        }
        catch
        {
            await entity.DisposeAsync();
            throw;
        }
    }

    private static void Report(ChannelWriter<SlixmppEvent> reports, string line)
    {
        if (!line.StartsWith("{\"event\"", StringComparison.Ordinal))
            return;
        using var json = JsonDocument.Parse(line);
        string Value(string name) => json.RootElement.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";
        reports.TryWrite(new SlixmppEvent(
            Value("event"), Value("from"), Value("event") == "online" ? Value("jid") : Value("to"), Value("type"), Value("body"), Value("condition")));
    }

    private Task CommandAsync(object command) => process.WriteLineAsync(JsonSerializer.Serialize(command));
}
