using System.Net;
using System.Net.Security;
using System.Text;

namespace EdgePool.Testing.Peers;

/// <summary>A user of a test's server: one resource over c2s with SASL PLAIN (RFC 6120 sections 6 and 7), over TLS if the server wants it.</summary>
public sealed class UserClient : StanzaClient
{
    private UserClient(XmlStreamConnection connection, string jid)
        : base(connection, jid)
    {
    }

    /// <summary>Logs in, binds a resource and sends initial presence.</summary>
    public static async Task<UserClient> ConnectAsync(
        EndPoint server, string user, string domain, string password, CancellationToken cancellationToken = default)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(15));
        var connection = await DialAsync(server, patience.Token);
        try
        {
            await AuthenticateAsync(connection, user, domain, password, patience.Token);
            await OpenAsync(connection, domain, patience.Token);
            await connection.SendAsync(
                "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>test</resource></bind></iq>", patience.Token);
            var bound = await ExpectAsync(connection, "iq[@type='result']", patience.Token);
            var client = new UserClient(connection, bound.Descendants(XmppNames.Bind + "jid").Single().Value);
            client.StartPump();
            await client.SendAsync("<presence/>", patience.Token);
            await client.WaitForAsync($"presence[@from='{client.Jid}']", patience.Token);
            return client;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static async Task AuthenticateAsync(XmlStreamConnection connection, string user, string domain, string password, CancellationToken cancellationToken)
    {
        var features = await OpenAsync(connection, domain, cancellationToken);
        if (features.Element(XmppNames.Tls + "starttls") is not null)
        {
            await connection.SendAsync("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", cancellationToken);
            await ExpectAsync(connection, "tls:proceed", cancellationToken);
            var options = new SslClientAuthenticationOptions { TargetHost = domain, RemoteCertificateValidationCallback = (_, _, _, _) => true };
            await connection.UpgradeAsync(tls => tls.AuthenticateAsClientAsync(options, cancellationToken));
            await OpenAsync(connection, domain, cancellationToken);
        }

        var message = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0{password}"));
        await connection.SendAsync($"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{message}</auth>", cancellationToken);
        await ExpectAsync(connection, "sasl:success", cancellationToken);
    }

    private static async Task<System.Xml.Linq.XElement> OpenAsync(XmlStreamConnection connection, string domain, CancellationToken cancellationToken)
    {
        connection.Restart();
        await connection.SendAsync(
            $"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='{domain}' version='1.0'>",
            cancellationToken);
        await ExpectAsync(connection, "header", cancellationToken);
        return await ExpectAsync(connection, "stream:features", cancellationToken);
    }
}
