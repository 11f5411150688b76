using EdgePool.Dns.Messages;

namespace EdgePool.Dns.Resolving;

/// <summary>Asks the servers one after the other until one gives an answer that can be used: UDP first, TCP where UDP cannot do it.</summary>
internal sealed class ServerConversation(StubResolverOptions options, IRandomSource random, TimeProvider time)
{
    private readonly ServerList servers = new(options.Servers, options.ServerPenalty, time);

    /// <summary>The first usable message, or the failure of the last server that said or did something telling.</summary>
    /// <param name="name">The name to ask for.</param>
    /// <param name="type">The type to ask for.</param>
    /// <param name="deadline">Cancelled when the whole question's time is up.</param>
    public async Task<(ExchangeResult Result, DnsFailure Failure)> AskAsync(DnsName name, DnsType type, CancellationToken deadline)
    {
        var failure = servers.Count == 0 ? DnsFailure.NoServer : DnsFailure.Timeout;
        for (var attempt = 0; attempt < options.Attempts; attempt++)
        {
            foreach (var index in servers.InOrder())
            {
                if (deadline.IsCancellationRequested)
                {
                    return (default, failure);
                }

                var result = await AskServerAsync(index, name, type, deadline);
                var judged = Judge(result);
                if (judged == DnsFailure.None)
                {
                    servers.Forgive(index);
                    return (result, DnsFailure.None);
                }

                servers.Penalise(index);
                failure = judged;
            }
        }

        return (default, failure);
    }

    private async Task<ExchangeResult> AskServerAsync(int index, DnsName name, DnsType type, CancellationToken deadline)
    {
        var result = await AskOverUdpAsync(index, name, type, withEdns: true, deadline);
        if (result.Message is { ResponseCode: DnsResponseCode.FormatError or DnsResponseCode.NotImplemented, Edns: null })
        {
            // RFC 6891 section 7: the server does not know EDNS.
            result = await AskOverUdpAsync(index, name, type, withEdns: false, deadline);
        }

        return result.End == ExchangeEnd.Suspicious || result.Message is { IsTruncated: true }
            ? await AskOverTcpAsync(index, name, type, deadline)
            : result;
    }

    private async Task<ExchangeResult> AskOverUdpAsync(int index, DnsName name, DnsType type, bool withEdns, CancellationToken deadline)
    {
        var query = DnsQuery.Create(name, type, options, withEdns, random);
        using var timer = new CancellationTokenSource(options.TryTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, deadline);
        return await UdpExchange.AskAsync(servers[index], query, options.MaxMismatches, both.Token);
    }

    private async Task<ExchangeResult> AskOverTcpAsync(int index, DnsName name, DnsType type, CancellationToken deadline)
    {
        var query = DnsQuery.Create(name, type, options, withEdns: true, random);
        using var timer = new CancellationTokenSource(options.TcpTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, deadline);
        return await TcpExchange.AskAsync(servers[index], query, both.Token);
    }

    private static DnsFailure Judge(ExchangeResult result) => result.End switch
    {
        ExchangeEnd.TimedOut => DnsFailure.Timeout,
        ExchangeEnd.Unreachable => DnsFailure.Unreachable,
        ExchangeEnd.Answered => Judge(result.Message!),
        _ => DnsFailure.Malformed,
    };

    private static DnsFailure Judge(DnsMessage message) => message.ResponseCode switch
    {
        _ when message.IsTruncated => DnsFailure.Malformed,
        DnsResponseCode.NameError => DnsFailure.None,
        DnsResponseCode.NoError when IsLame(message) => DnsFailure.Refused,
        DnsResponseCode.NoError => DnsFailure.None,
        DnsResponseCode.Refused => DnsFailure.Refused,
        _ => DnsFailure.ServerFailure,
    };

    // A referral: the server has no authority and does not resolve for us.
    private static bool IsLame(DnsMessage message)
        => (message.Flags & (DnsFlags.AuthoritativeAnswer | DnsFlags.RecursionAvailable)) == DnsFlags.None
            && message.Answers.IsEmpty
            && !message.Authorities.Any(record => record.Type == DnsType.SOA);
}
