using System.Globalization;
using System.Net;
using EdgePool.Edge;
using EdgePool.Policy.Partners;
using EdgePool.Server.Configuration.Files;
using EdgePool.Server.Configuration.Written;

namespace EdgePool.Server.Configuration.Compilation;

/// <summary>Compiles listeners and other addresses, and sees that no two listeners want the same port.</summary>
internal sealed class ListenerCompiler(TrustFiles trust, ProblemList problems)
{
    private readonly List<(IPEndPoint Address, string Path)> taken = [];

    /// <summary>The listeners for partners.</summary>
    public IReadOnlyList<S2SListenerOptions> S2S(IReadOnlyList<S2SListenerDocument> written)
    {
        if (written.Count == 0)
        {
            problems.Error("listeners.s2s", "there is no listener for partners", "add listeners: { s2s: [ { address: \"0.0.0.0:5269\" } ] }");
        }

        return [.. written
            .Select((listener, index) => Listen(listener.Address, Place("s2s", index)) is { } address
                ? new S2SListenerOptions(address, listener.DirectTls ?? DirectTls.Sniff)
                : null)
            .OfType<S2SListenerOptions>()];
    }

    /// <summary>The listeners for components and internal servers.</summary>
    public IReadOnlyList<InternalListenerOptions> Internal(IReadOnlyList<InternalListenerDocument> written)
    {
        if (written.Count == 0)
        {
            problems.Error(
                "listeners.internal",
                "there is no listener for components and internal servers",
                "add listeners: { internal: [ { address: \"127.0.0.1:23456\", allowPlain: loopback } ] }");
        }

        return [.. written.Select((listener, index) => Internal(listener, Place("internal", index))).OfType<InternalListenerOptions>()];
    }

    /// <summary>Where other nodes of the pool reach this one, unless they are told another address; null, with an error, where they could not.</summary>
    public IPEndPoint? Peer(string? written, string path, bool advertised)
    {
        if (written is null || Take(written, path) is not { } address)
        {
            return null;
        }

        if (IsAny(address.Address) && !advertised)
        {
            problems.Error(path, $"{address} is not one address, and the other nodes need one", "write the inner interface's address, such as \"10.0.0.1:23457\", or what they reach under advertise");
        }

        return address;
    }

    /// <summary>Where internal servers ask for names.</summary>
    public IPEndPoint? View(string written, string path)
    {
        if (Take(written, path) is not { } address)
        {
            return null;
        }

        if (IsAny(address.Address))
        {
            problems.Warn(path, $"{address} is reached from the partners' side too", "bind to the inner interface's address");
        }

        return address;
    }

    private InternalListenerOptions? Internal(InternalListenerDocument written, string path)
    {
        var address = Listen(written.Address, path);
        var clients = written.Clients is null ? null : Clients(written.Clients, path + ".clients");
        if (address is null)
        {
            return null;
        }

        var plain = written.AllowInsecure is true || written.AllowPlain is PlainStreams.Loopback;
        if (!plain && written.Clients is null)
        {
            problems.Error(path, "nobody may connect here", "write clients: { ca: [PATH] } for mutual TLS, or allowPlain: loopback");
        }

        if (plain && written.AllowInsecure is not true && !IPAddress.IsLoopback(address.Address))
        {
            problems.Error(
                path + ".allowPlain",
                $"{address} is not a loopback address, so secrets and stanzas would cross the network in clear",
                "bind to 127.0.0.1, use clients: { ca: [PATH] } instead, or accept the risk with allowInsecure: true");
        }

        if (IsAny(address.Address))
        {
            problems.Warn(path + ".address", $"{address} is reached from the partners' side too", "bind to the inner interface's address");
        }

        return new InternalListenerOptions(address, plain, clients is not null, clients ?? new TrustAnchors(System: false, []));
    }

    private TrustAnchors? Clients(TrustDocument written, string path)
    {
        if (written.System is true || written.Files.Count == 0)
        {
            problems.Error(path, "anyone with a public certificate could connect", "list the CA of your components and internal servers alone: clients: { ca: [PATH] }");
            return null;
        }

        return trust.Read(written, path);
    }

    private IPEndPoint? Listen(string? text, string path) => text is null ? null : Take(text, path + ".address");

    private IPEndPoint? Take(string text, string path)
    {
        if (!TryEndPoint(text, out var address))
        {
            problems.Error(path, $"'{Shown.Of(text)}' is not address:port", "write an address of this machine, such as \"0.0.0.0:5269\" or \"[::]:5269\"");
            return null;
        }

        if (taken.Find(other => Collide(other.Address, address)) is { Path: not null } first)
        {
            problems.Error(path, $"{address} is already taken by {first.Path}", "give one of them another port");
            return null;
        }

        taken.Add((address, path));
        return address;
    }

    /// <summary>The parser of the library takes an address without port as well; a listener needs one.</summary>
    private static bool TryEndPoint(string text, out IPEndPoint address)
    {
        var colon = text.LastIndexOf(':');
        var bracketed = text.StartsWith('[') && colon == text.IndexOf(']', StringComparison.Ordinal) + 1;
        var plain = colon > 0 && text.IndexOf(':', StringComparison.Ordinal) == colon;
        address = (bracketed || plain) && IPEndPoint.TryParse(text, out var parsed) ? parsed : new IPEndPoint(IPAddress.None, 0);
        return !address.Address.Equals(IPAddress.None);
    }

    private static bool Collide(IPEndPoint a, IPEndPoint b)
        => a.Port == b.Port && a.Port != 0 && a.AddressFamily == b.AddressFamily
            && (a.Address.Equals(b.Address) || IsAny(a.Address) || IsAny(b.Address));

    internal static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static string Place(string kind, int index) => string.Create(CultureInfo.InvariantCulture, $"listeners.{kind}[{index}]");
}
