using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace EdgePool.Testing.Peers;

/// <summary>A component (XEP-0114) on a plain TCP connection.</summary>
public sealed class ComponentClient : StanzaClient
{
    private ComponentClient(XmlStreamConnection connection, string domain)
        : base(connection, domain)
    {
    }

    /// <summary>Connects and shakes hands (XEP-0114 section 3).</summary>
    public static async Task<ComponentClient> ConnectAsync(EndPoint server, string domain, string secret, CancellationToken cancellationToken = default)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(15));
        var connection = await DialAsync(server, patience.Token);
        try
        {
            await connection.SendAsync(
                $"<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='{domain}'>",
                patience.Token);
            var header = await ExpectAsync(connection, "header", patience.Token);
            await connection.SendAsync($"<handshake>{Digest(header.Attribute("id")?.Value ?? "", secret)}</handshake>", patience.Token);
            await ExpectAsync(connection, "handshake", patience.Token);
            var client = new ComponentClient(connection, domain);
            client.StartPump();
            return client;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>The handshake's value: lower-case hexadecimal SHA-1 of stream id and secret.</summary>
    [SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "XEP-0114 section 3 prescribes it")]
    public static string Digest(string streamId, string secret) => Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(streamId + secret)));
}
