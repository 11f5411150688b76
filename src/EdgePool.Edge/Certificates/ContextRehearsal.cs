using EdgePool.Edge.Transport;

namespace EdgePool.Edge.Certificates;

/// <summary>
/// Handshakes in memory that give a certificate's handshakes contexts to share: the first makes the platform create them, they are made strict, and a second must get
/// the same ones, with our suites and no others. Our certificate stands on both sides, for the contexts of both are made so.
/// </summary>
internal static class ContextRehearsal
{
    // A context is shared by all of the process, and is not to be changed while another rehearsal shakes hands with it.
    private static readonly SemaphoreSlim OneAtATime = new(1);

    /// <summary>Gives the handshakes of a certificate contexts to share, from the next one on. False where there are none: then each makes its own.</summary>
    public static async Task<bool> ShareAsync(HandshakeCertificate ours, TimeProvider time)
    {
        await OneAtATime.WaitAsync();
        try
        {
            if (await RehearseAsync(ours, direct: false, time) is not { } behindStartTls || await RehearseAsync(ours, direct: true, time) is not { } direct)
                return false;
            ours.Share(new SharedContexts(behindStartTls.Server, direct.Server, direct.Client));
            return true;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            return false; // of the TLS library: what it does not do in memory, it need not do for peers
        }
        finally
        {
            OneAtATime.Release();
        }
    }

    private static async Task<(SharedContext Server, SharedContext Client)?> RehearseAsync(HandshakeCertificate ours, bool direct, TimeProvider time)
    {
        var first = await HandshakeAsync(ours, direct, time); // not disposed of: the contexts live by its streams
        if (SharedContext.Of(first.Server) is not { } server || SharedContext.Of(first.Client) is not { } client)
            return null;
        await using var second = await HandshakeAsync(ours, direct, time);
        var suites = TlsSuites.Tls13.Concat(TlsSuites.Tls12);
        return server.Took(second.Server) && client.Took(second.Client)
            && SharedContext.SuitesOf(second.Server).SequenceEqual(suites, StringComparer.Ordinal)
            && SharedContext.SuitesOf(second.Client).SequenceEqual(suites, StringComparer.Ordinal)
                ? (server, client)
                : null;
    }

    private static async Task<HandshakeInMemory> HandshakeAsync(HandshakeCertificate ours, bool direct, TimeProvider time)
    {
        var protocols = direct ? TlsUpgrade.S2SProtocols : null;
        var server = TlsOptions.ForServer(ours.Context, shared: true, protocols);
        var client = TlsOptions.ForClient(ours.Context, "rehearsal.invalid", shared: true, protocols);
        client.RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetRawCertData().AsSpan().SequenceEqual(ours.Context.TargetCertificate.RawDataMemory.Span) is true;
        var handshake = new HandshakeInMemory();
        await handshake.RunAsync(server, client, time);
        return handshake;
    }
}
