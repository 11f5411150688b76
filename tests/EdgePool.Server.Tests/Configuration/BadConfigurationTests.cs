using EdgePool.Policy.Partners;
using Xunit;

namespace EdgePool.Server.Tests.Configuration;

/// <summary>Each wrong line is told with its place, what is wrong, and what to do.</summary>
public sealed class BadConfigurationTests : IDisposable
{
    private const string Good = """
        node: { name: edge-1 }
        domains:
          - name: contoso.example
            backEnd: { component: { secretFile: contoso.secret } }
        listeners:
          s2s:      [ { address: "127.0.0.1:5269" } ]
          internal: [ { address: "127.0.0.1:23456", allowPlain: loopback } ]
        certificates: [ { certificate: edge.pem, key: edge.key } ]
        dialback: { secretFile: dialback.secret }
        partners:
          - domain: partner.example
            saslNegotiation: Optional

        """;

    private const string Domains = "domains:\n  - name: contoso.example\n    backEnd: { component: { secretFile: contoso.secret } }\n";
    private const string Partner = "  - domain: partner.example\n    saslNegotiation: Optional\n";

    private readonly ConfigurationFolder folder = new();

    public static TheoryData<string, string, string, string> Cases => new()
    {
        // The file's form.
        { "unknown top key", "node:", "nod:", "1:1: error: 'nod' is not known here — did you mean 'node'?" },
        { "missing node", "node: { name: edge-1 }\n", "", "1:1: error: 'node' is missing — add node: { name: edge-1 }" },
        { "unknown inner key", "saslNegotiation", "saslNegotation", "12:21: error: 'saslNegotation' is not known here — did you mean 'saslNegotiation'?" },
        { "short key", "saslNegotiation", "sasl", "12:11: error: 'sasl' is not known here — did you mean 'saslNegotiation'?" },
        { "far key", "saslNegotiation", "colour", "12:13: error: 'colour' is not known here — remove it, or use one of additionalDomains, " },
        { "duplicate key", "dialback:", "node:", "9:1: error: 'node' is written twice, first at line 1 — keep one of the two" },
        { "not a list", Partner, "  domain: partner.example\n", "11:3: error: partners is a mapping — write a list" },
        { "not a mapping", "node: { name: edge-1 }", "node: edge-1", "1:7: error: node is a single value — write keys and values here" },
        { "list for text", "name: edge-1", "name: [edge-1]", "1:15: error: node.name is a list — write a text for name" },
        { "empty value", "name: edge-1", "name:", "error: node.name is nothing — write a text for name, or remove the key" },
        { "syntax", "node: { name: edge-1 }", "node: { name: edge-1", "error: this is not YAML: " },
        { "tab", "    saslNegotiation", "\tsaslNegotiation", "error: this is not YAML: " },
        { "anchor", "node: {", "node: &n {", "1:7: error: anchors and tags are not supported — write the plain value" },
        { "alias", Partner, "  - &p { domain: a.example }\n  - *p\n", "12:5: error: aliases are not supported — write the value out" },
        { "tag", "edge-1", "!!str edge-1", "1:15: error: anchors and tags are not supported" },
        { "second document", Partner, Partner + "---\nnode: { name: b }\n", "13:1: error: a second document begins here — keep one document" },
        { "node name", "edge-1", "edge_1", "1:15: error: 'edge_1' is no name for a node — use letters, digits" },

        // Values.
        { "choice", "Optional", "Optinal", "12:22: error: 'Optinal' is not understood — did you mean 'Optional'? Or write one of Required, Optional, NotSupported" },
        { "flag", "saslNegotiation: Optional", "supportDialback: yes", "12:22: error: supportDialback: 'yes' is not understood — write true or false" },
        { "size", "saslNegotiation: Optional", "maxStanzaBytes: 1 MB", "12:21: error: maxStanzaBytes: '1 MB' is not understood — write a size such as 65536, 64KiB or 4MiB" },
        { "kind of message", "saslNegotiation: Optional", "rules: { messages: [chat, groupchatt] }", "12:31: error: 'groupchatt' is not understood — did you mean 'groupchat'? Or write one of chat, normal" },
        { "rate", "saslNegotiation: Optional", "rate: { stanzasPerSecond: 0 }", "12:31: error: stanzasPerSecond is out of range — write a number from 1 to 1000000" },
        { "list for a partner's text", "saslNegotiation: Optional", "proxyFqdn: [a.example]", "12:16: error: partners[0].proxyFqdn is a list — write a single value here, or remove the key" },
        { "not a partner", Partner, "  - partner.example\n", "11:5: error: partners[0] is a single value — write keys and values here" },
        { "connection limit", "saslNegotiation: Optional", "connectionLimit: 0", "12:22: error: connectionLimit is out of range — write a number from 1 to 1000000" },
        { "list limit", "saslNegotiation: Optional", "rules: { iq: [" + string.Join(", ", Enumerable.Repeat("a:b", 257)) + "] }", "12:18: error: iq has 257 entries — write at most 256" },
        { "mode", "saslNegotiation: Optional", "mode: shadow", "12:11: error: 'shadow' is not understood — write one of enforce, observe" },
        { "size too small", "saslNegotiation: Optional", "maxStanzaBytes: 9999", "12:21: error: maxStanzaBytes is out of range — write a number from 10000 to 67108864" },
        { "time without unit", "dialback:", "timeouts: { idle: 840 }\ndialback:", "9:19: error: idle: '840' is not understood — write a time such as 500ms, 10s, 14m or 1h" },
        { "time out of range", "dialback:", "timeouts: { idle: 3d }\ndialback:", "9:19: error: idle is out of range — write a time from 100ms to 1d" },
        { "number", "dialback:", "limits: { connections: many }\ndialback:", "9:24: error: connections: 'many' is not understood — write a whole number" },
        { "number below", "dialback:", "limits: { connections: 0 }\ndialback:", "9:24: error: connections is out of range — write a number from 1 to 1000000" },
        { "element limit", "dialback:", "limits: { authenticated: { elementBytes: 9999 } }\ndialback:", "9:42: error: elementBytes is out of range — write a number from 10000" },
        { "log level", "dialback:", "log: { level: info }\ndialback:", "9:15: error: level: 'info' is not understood — did you mean 'information'?" },
        { "backoff", "dialback:", "timeouts: { backoffMin: 10m }\ndialback:", "9:25: error: the first wait is longer than the longest — keep backoffMin at or below backoffMax" },

        // Local domains and back ends.
        { "no domain", Domains, "", "1:1: error: there is no local domain — add domains: " },
        { "domain name", "contoso.example\n", "contoso..example\n", "3:11: error: 'contoso..example' is not a domain name — write a fully qualified name" },
        { "domain address", "contoso.example\n", "192.0.2.1\n", "3:11: error: '192.0.2.1' is not a domain name" },
        { "domain twice", Domains, Domains + Domains["domains:\n".Length..].Replace("contoso.ex", "Contoso.ex", StringComparison.Ordinal), "5:11: error: contoso.example is already at domains[0].name — keep it once" },
        { "no back end", "backEnd: { component: { secretFile: contoso.secret } }", "backEnd: {}", "4:14: error: the domain has no back end — write either backEnd: { component" },
        { "two back ends", "{ component: { secretFile: contoso.secret } }", "{ component: { secretFile: contoso.secret }, server: { address: a.example } }", "4:14: error: the domain has two back ends" },
        { "inline secret", "secretFile: contoso.secret", "secret: hunter2", "4:29: error: a secret does not belong in this file — put it in a file that only the service may read (chmod 600) and write secretFile: PATH" },
        { "two sources", "secretFile: contoso.secret", "secretFile: contoso.secret, secretEnv: SET_SECRET", "4:27: error: a secret needs one source" },
        { "unset variable", "secretFile: contoso.secret", "secretEnv: UNSET_SECRET", "4:40: error: the environment variable UNSET_SECRET is not set" },
        { "missing secret", "contoso.secret", "other.secret", "other.secret does not exist — put it there, or correct the path: relative paths begin at " },
        { "empty secret", "contoso.secret", "empty.secret", "4:41: error: the secret is empty, longer than 1024 characters, or more than one line" },
        { "open secret", "contoso.secret", "open.secret", "open.secret is open to other users (mode 644) — chmod 600 " },
        { "four dialback secrets", "dialback.secret", "four.secret", "9:25: error: the file has 4 secrets — keep the newest 3, one a line, newest first" },
        { "dialback secret twice", "dialback.secret", "twice.secret", "9:25: error: line 3 is the same secret as line 1 — remove one of them" },
        { "dialback secret missing", "dialback.secret", "gap.secret", "9:25: error: the secret in line 2 is empty, longer than 1024 characters, or more than one line" },
        { "open dialback secret", "dialback.secret", "open.secret", "open.secret is open to other users (mode 644) — chmod 600 " },
        { "server address", "{ component: { secretFile: contoso.secret } }", "{ server: { address: \"10.0.0.5:x\" } }", "4:35: error: '10.0.0.5:x' is not host or host:port" },
        { "server without address", "{ component: { secretFile: contoso.secret } }", "{ server: { supportDialback: true } }", "4:24: error: 'address' is missing — add address, such as address: 10.0.0.5:5269" },
        { "server without method", "{ component: { secretFile: contoso.secret } }", "{ server: { address: a.example, saslNegotiation: NotSupported, supportDialback: false } }", "4:63: error: neither SASL nor dialback can be used" },

        // Listeners.
        { "no port", "127.0.0.1:5269", "127.0.0.1", "6:26: error: '127.0.0.1' is not address:port — write an address of this machine" },
        { "host name", "127.0.0.1:5269", "localhost:5269", "6:26: error: 'localhost:5269' is not address:port" },
        { "bare IPv6", "127.0.0.1:5269", "::1:5269", "6:26: error: '::1:5269' is not address:port" },
        { "port taken", "127.0.0.1:23456", "127.0.0.1:5269", "7:26: error: 127.0.0.1:5269 is already taken by listeners.s2s[0].address — give one of them another port" },
        { "port taken by any", "127.0.0.1:5269", "0.0.0.0:23456", "7:26: error: 127.0.0.1:23456 is already taken by listeners.s2s[0].address" },
        { "nobody inside", ", allowPlain: loopback", "", "7:15: error: nobody may connect here — write clients: { ca: [PATH] } for mutual TLS, or allowPlain: loopback" },
        { "COMP-14 plain off loopback", "127.0.0.1:23456", "10.0.0.1:23456", "7:56: error: 10.0.0.1:23456 is not a loopback address, so secrets and stanzas would cross the network in clear — bind to 127.0.0.1" },
        { "public clients", "allowPlain: loopback", "clients: { system: true }", "error: anyone with a public certificate could connect — list the CA of your components" },
        { "no listener", "  internal: [ { address: \"127.0.0.1:23456\", allowPlain: loopback } ]\n", "", "6:3: error: there is no listener for components and internal servers" },

        // Certificates.
        { "missing certificate", "edge.pem", "nobody.pem", "nobody.pem does not exist" },
        { "no certificate", "certificates: [ { certificate: edge.pem, key: edge.key } ]\n", "", "error: there is no certificate, so no stream could use TLS — add certificates" },
        { "mismatch", "edge.key", "internal-ca.key", "8:47: error: the key internal-ca.key does not belong to the first certificate in edge.pem" },
        { "expired", "edge.pem, key: edge.key", "expired.pem, key: expired.key", "8:32: error: the certificate expired.pem expired on 2026-05-31 — renew it" },
        { "not yet valid", "edge.pem, key: edge.key", "future.pem, key: future.key", "8:32: error: the certificate future.pem is valid from 2026-06-02 only — wait until then, or correct this machine's clock" },
        { "open key", "edge.key", "open.key", "open.key is open to other users (mode 640) — chmod 600 " },
        { "no key", ", key: edge.key", "", "8:32: error: edge.pem holds no private key in PEM — write key: PATH" },
        { "key is none", "edge.key", "contoso.secret", "8:47: error: contoso.secret holds no private key in PEM" },
        { "encrypted key", "edge.key", "encrypted.key", "8:47: error: the key encrypted.key is encrypted — store it decrypted" },
        { "broken key", "edge.key", "broken.key", "8:47: error: the key broken.key is neither a usable RSA nor ECDSA key" },
        { "certificate is none", "edge.pem", "contoso.secret", "8:32: error: contoso.secret holds no certificate in PEM" },
        { "DER", "edge.pem", "edge.der", "8:32: error: " },
        { "directory", "edge.pem", ".", " is a directory — name the file in it" },
        { "trust", "dialback:", "trust: { ca: [contoso.secret] }\ndialback:", "9:15: error: contoso.secret holds no certificate in PEM" },
        { "trust nobody", "dialback:", "trust: { system: false }\ndialback:", "9:8: error: this trusts nobody — list files under ca, or write system: true" },

        // The rest.
        { "name server", "dialback:", "dns: { servers: [resolver.example] }\ndialback:", "9:18: error: 'resolver.example' is not address or address:port — write a name server's address" },
        { "network", "dialback:", "dns: { denyNetworks: [10.0.0.0/33] }\ndialback:", "9:23: error: '10.0.0.0/33' is not a network — write address/prefix with nothing behind the prefix" },
        { "network with a host", "dialback:", "dns: { allowNetworks: [\"2001:db8::/32\", 10.0.0.1/8] }\ndialback:", "9:41: error: '10.0.0.1/8' is not a network" },
        { "network by name", "dialback:", "dns: { denyNetworks: dmz.contoso.example }\ndialback:", "9:22: error: 'dmz.contoso.example' is not a network" },
        { "far validating server", "dialback:", "dns: { servers: [127.0.0.1, 192.0.2.1], validating: true }\ndialback:", "error: the name server 192.0.2.1:53 is not on this host: who is on the way to it can say what it likes — run a validating resolver" },
        { "trusted network", "dialback:", "dns: { validating: true, trustedNetworks: [192.0.2.1] }\ndialback:", "error: '192.0.2.1' is not a network" },
        { "tls version", "saslNegotiation: Optional", "tlsMinVersion: 1.1", "12:20: error: '1.1' is not understood — did you mean '1.2'? Or write one of 1.2, 1.3" },
        { "pin", "saslNegotiation: Optional", "trust: { pins: [AAAA] }", "12:21: error: 'AAAA' is no hash of a key — write SHA-256 of the SubjectPublicKeyInfo in base64" },
        { "on change", "saslNegotiation: Optional", "trust: { firstUse: true, onChange: drop }", "12:40: error: 'drop' is not understood — write one of alarm, refuse" },
        { "dane", "saslNegotiation: Optional", "trust: { dane: yes }", "12:20: error: 'yes' is not understood — write one of off, allow, require" },
        { "dane beside an own authority", "saslNegotiation: Optional", "trust: { ca: [edge.pem], dane: allow }", "error: what the partner's own authority or keys do not vouch for, the DNS must not vouch for either — write dane: require" },
        { "refuse without first use", "saslNegotiation: Optional", "trust: { onChange: refuse }", "12:24: error: no key is remembered to compare with — write firstUse: true too" },
        { "client auth from anybody", "saslNegotiation: Optional", "allowClientAuthOnly: true", "12:26: error: from a public authority, a certificate for clients alone proves no server's name — list the partner's own authority" },
        { "partner trusts nobody", "saslNegotiation: Optional", "trust: { system: false, firstUse: true }", "12:12: error: this trusts nobody — list certificates under ca or keys under pins" },
        { "dialback flag", "saslNegotiation: Optional", "dialbackWithoutDialback: on", "12:30: error: dialbackWithoutDialback: 'on' is not understood — write true or false" },
        { "local partner", "partner.example", "contoso.example", "11:13: error: contoso.example is a local domain" },
        { "partner twice", Partner, Partner + Partner, "13:13: error: partner.example is already at partners[0].domain — keep it once" },
        { "partner without method", "saslNegotiation: Optional", "tlsNegotiation: NotSupported", "error: SASL works over TLS alone" },
        { "partner wildcard", "partner.example", "\"*.example\"", "11:13: error: '*.example' is not one domain — list each domain by itself" },

        // The store and the management socket.
        { "store and partners", "dialback:", "store: { directory: . }\ndialback:", "11:1: error: this node takes its partners from its store — remove partners here; 'edgepool apply -f FILE'" },
        { "store without directory", "dialback:", "store: {}\ndialback:", "error: 'directory' is missing — add directory, such as directory: /var/lib/edgepool" },
        { "store in a file", "dialback:", "store: { directory: edge.pem }\ndialback:", "edge.pem is a file — name a directory; the node makes it" },
        { "store nowhere", "dialback:", "store: { directory: a/b }\ndialback:", "/a does not exist — install -d -m 700 -o " },
        { "socket without path", "dialback:", "management: {}\ndialback:", "error: 'socket' is missing" },
        { "socket is a directory", "dialback:", "management: { socket: . }\ndialback:", "is a directory — name the socket in it, such as edgepool.sock" },
        { "socket nowhere", "dialback:", "management: { socket: a/b }\ndialback:", "9:23: error: " },
        { "socket too long", "dialback:", "management: { socket: " + new string('s', 99) + " }\ndialback:", "is longer than 98 bytes — write a shorter one" },
        { "consents without store", "saslNegotiation: Optional", "partnerType: PublicUnverified", "12:18: error: the consents that PublicUnverified needs are kept in a store — add store: " },
    };

    public static TheoryData<string, string, string, string> Warnings => new()
    {
        { "expires soon", "edge.pem, key: edge.key", "soon.pem, key: soon.key", "8:32: warning: the certificate soon.pem expires on 2026-06-30 — renew it before then" },
        { "SAN", "name: contoso.example", "name: other.example", "8:15: warning: no certificate covers the local domain other.example — have one issued with the subject alternative name DNS:other.example" },
        { "short secret", "contoso.secret", "short.secret", "4:41: warning: the secret is shorter than 16 characters" },
        { "no partner", "partners:\n" + Partner, "", "1:1: warning: there is no partner, so nobody can federate with us" },
        { "COMP-08 open inside", "\"127.0.0.1:23456\", allowPlain: loopback", "\"0.0.0.0:23456\", clients: { ca: [internal-ca.pem] }", "7:26: warning: 0.0.0.0:23456 is reached from the partners' side too — bind to the inner interface's address" },
        { "user timeout", "dialback:", "timeouts: { userTimeout: 60s }\ndialback:", "9:26: warning: the system ends the connection of a peer that takes nothing before write does" },
        { "drain", "dialback:", "timeouts: { drain: 11s }\ndialback:", "9:20: warning: a drain of more than 10s" },
        { "optional TLS", "saslNegotiation: Optional", "tlsNegotiation: Optional", "warning: SASL works over TLS alone" },
        { "plain inside", "{ component: { secretFile: contoso.secret } }", "{ server: { address: a.example, tlsNegotiation: Optional } }", "4:62: warning: streams to a.example may go without TLS over the network" },
        { "networks for nobody", "dialback:", "dns: { allowNetworks: [100.64.0.0/10] }\ndialback:", "9:23: warning: it is for partners whom only open federation admits, and there is no partner '*' — remove it" },
        { "certificate for no dialback", "saslNegotiation: Optional", "dialbackWithoutDialback: true", "12:30: warning: there is no dialback over TLS that a certificate could stand for — " },
        { "keep-alive without store", "saslNegotiation: Optional", "enableKeepAlive: true", "12:22: warning: without a store there is no keepAliveInterval that it could switch — remove it" },
        { "consent of nobody", "saslNegotiation: Optional", "withoutConsent: silence", "12:21: warning: users of a Federated partner need no consent" },
        { "larger than the gateway", "saslNegotiation: Optional", "maxStanzaBytes: 1MiB", "warning: partner partner.example is allowed larger stanzas than the gateway takes" },
    };

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Load_Good_HasNoProblem()
    {
        var result = folder.Load(Good);

        Assert.Empty(result.Problems.Select(problem => problem.ToString()));
        Assert.NotNull(result.Options);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Load_BadLine_IsToldWithPlaceAndRemedy(string id, string find, string replacement, string expected)
    {
        AddFiles();

        var result = folder.Load(Edit(id, find, replacement));

        Assert.Null(result.Options);
        Assert.Contains(result.Errors, error => error.ToString().Contains(expected, StringComparison.Ordinal) || Fail(result, expected));
        Assert.DoesNotContain(result.Problems, problem => problem.ToString().Contains("hunter2", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Warnings))]
    public void Load_DoubtfulLine_WarnsAndRuns(string id, string find, string replacement, string expected)
    {
        AddFiles();

        var result = folder.Load(Edit(id, find, replacement));

        Assert.Contains(result.Problems, problem => problem.ToString().Contains(expected, StringComparison.Ordinal) || Fail(result, expected));
        Assert.All(result.Problems, problem => Assert.Equal(ProblemSeverity.Warning, problem.Severity));
        Assert.NotNull(result.Options);
    }

    [Fact]
    public void Load_SeveralErrors_AreToldAtOnceInOrder()
    {
        var result = folder.Load(Good
            .Replace("edge-1", "edge_1", StringComparison.Ordinal)
            .Replace("edge.key", "nobody.key", StringComparison.Ordinal)
            .Replace("Optional", "Perhaps", StringComparison.Ordinal));

        Assert.Equal([1, 8, 12], result.Errors.Select(error => error.Position!.Value.Line));
        Assert.All(result.Problems, problem => Assert.StartsWith(Path.Combine(folder.Path, "edgepool.yaml") + ":", problem.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public void Load_CombinedFile_HoldsTheKeyToo()
    {
        folder.Certificate("both", ["contoso.example"], ConfigurationFolder.Now.AddDays(-1), ConfigurationFolder.Now.AddDays(90), combined: true);

        var result = folder.Load(Edit("", "edge.pem, key: edge.key", "both.pem"));

        Assert.Empty(result.Problems);
        Assert.True(result.Options!.Edge.Certificates[0].Certificate.HasPrivateKey);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing but a comment\n")]
    [InlineData("---\n")]
    public void Load_EmptyFile_SaysSo(string text)
        => Assert.Contains("the file is empty", Assert.Single(folder.Load(text).Errors).What, StringComparison.Ordinal);

    [Theory]
    [InlineData(31, true)]
    [InlineData(32, false)]
    public void Load_DeepNesting_IsCutAtTheLimit(int depth, bool parsed)
    {
        var errors = folder.Load("deep: " + new string('[', depth) + new string(']', depth) + "\n").Errors.Select(error => error.What).ToList();

        Assert.Equal(!parsed, errors.Exists(what => what.Contains("nested too deeply", StringComparison.Ordinal)));
    }

    [Fact]
    public void Load_NotUtf8_SaysSo()
    {
        var file = folder.Write("edgepool.yaml", "");
        File.WriteAllBytes(file, [0x6E, 0xFF, 0xFE]);

        Assert.Contains("not UTF-8", Assert.Single(Server.Configuration.ConfigurationLoader.Load(file, folder.Environment).Errors).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FileAtTheSizeLimit_IsReadAndOneByteMoreIsNot()
    {
        folder.Write("contoso.secret", new string('\n', 1024 * 1024));
        Assert.Contains(folder.Load(Good).Errors, error => error.What.Contains("the secret is empty", StringComparison.Ordinal));

        folder.Write("contoso.secret", new string('\n', (1024 * 1024) + 1));
        Assert.Contains(folder.Load(Good).Errors, error => error.What.Contains("larger than 1 MiB", StringComparison.Ordinal));
    }

    private static string Edit(string id, string find, string replacement)
    {
        Assert.True(Good.Contains(find, StringComparison.Ordinal), $"case {id}: the good configuration does not hold '{find}'");
        var at = Good.IndexOf(find, StringComparison.Ordinal);
        return string.Concat(Good.AsSpan(0, at), replacement, Good.AsSpan(at + find.Length));
    }

    private static bool Fail(Server.Configuration.ConfigurationResult result, string expected)
    {
        if (!result.Problems.Any(problem => problem.ToString().Contains(expected, StringComparison.Ordinal)))
        {
            Assert.Fail($"expected: {expected}\ntold:\n{string.Join('\n', result.Problems)}");
        }

        return false;
    }

    private void AddFiles()
    {
        var now = ConfigurationFolder.Now;
        folder.Certificate("expired", ["contoso.example"], now.AddDays(-90), now.AddDays(-1).AddHours(1));
        folder.Certificate("future", ["contoso.example"], now.AddDays(1), now.AddDays(90));
        folder.Certificate("soon", ["contoso.example"], now.AddDays(-90), now.AddDays(29));
        folder.Write("empty.secret", "\n");
        folder.Write("short.secret", "hunter2\n");
        folder.Write("open.secret", "a secret of some length\n", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        folder.Write("open.key", File.ReadAllText(Path.Combine(folder.Path, "edge.key")), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        folder.Write("encrypted.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
        folder.Write("broken.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
        File.WriteAllBytes(Path.Combine(folder.Path, "edge.der"), [0x30, 0x82, 0x00, 0xFF]);
    }
}
