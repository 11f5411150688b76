using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;

namespace EdgePool.Testing.Dns;

/// <summary>
/// A resolver in memory: answers what was added, NXDOMAIN for everything else, and remembers each question. An answer can be held back until
/// the test lets it go.
/// </summary>
public sealed class FakeDnsResolver : IDnsResolver
{
    private readonly ConcurrentDictionary<(DnsName Name, DnsType Type), Task<DnsAnswer>> answers = new();
    private readonly ConcurrentQueue<DnsQuestion> questions = new();

    /// <summary>All questions so far, in the order in which they came.</summary>
    public IReadOnlyList<DnsQuestion> Questions => [.. questions];

    /// <summary>Says whether DNSSEC validated what is added from now on.</summary>
    public bool Authenticated { get; set; }

    /// <summary>Adds SRV records, each "priority weight port target".</summary>
    public FakeDnsResolver Srv(string name, params string[] records)
    {
        var owner = DnsName.Parse(name);
        return Answer(owner, DnsType.SRV, [.. records.Select(record => ParseSrv(owner, record))]);
    }

    /// <summary>Adds A and AAAA records, by the family of each address. A family without an address gets NODATA.</summary>
    public FakeDnsResolver Addresses(string name, params string[] addresses)
    {
        var owner = DnsName.Parse(name);
        var records = addresses.Select(address => new AddressRecord(owner, 300, IPAddress.Parse(address))).ToList();
        Answer(owner, DnsType.A, [.. records.Where(record => record.Type == DnsType.A)]);
        return Answer(owner, DnsType.AAAA, [.. records.Where(record => record.Type == DnsType.AAAA)]);
    }

    /// <summary>Answers with these records; with none: NODATA.</summary>
    public FakeDnsResolver Answer(DnsName name, DnsType type, params IReadOnlyList<DnsRecord> records)
    {
        answers[(name, type)] = Task.FromResult(new DnsAnswer
        {
            Outcome = records.Count == 0 ? DnsOutcome.NoData : DnsOutcome.Records,
            Records = [.. records],
            CanonicalName = name,
            Authenticated = Authenticated,
            TimeToLive = TimeSpan.FromMinutes(5),
        });
        return this;
    }

    /// <summary>An alias, and the address where its chain ends; the other family gets NODATA there.</summary>
    public FakeDnsResolver Aliased(DnsName alias, DnsName end, AddressRecord address)
    {
        Answer(alias, DnsType.A, address.Type == DnsType.A ? [address] : []).Answer(alias, DnsType.AAAA, address.Type == DnsType.AAAA ? [address] : []);
        foreach (var type in (DnsType[])[DnsType.A, DnsType.AAAA])
            answers[(alias, type)] = Task.FromResult(answers[(alias, type)].Result with { CanonicalName = end });
        return this;
    }

    /// <summary>Fails.</summary>
    public FakeDnsResolver Fails(string name, DnsType type, DnsFailure failure)
    {
        var owner = DnsName.Parse(name);
        answers[(owner, type)] = Task.FromResult(DnsAnswer.Failed(owner, failure));
        return this;
    }

    /// <summary>Holds the answer that is now known back until the returned action is called.</summary>
    public Action Hold(string name, DnsType type)
    {
        var owner = DnsName.Parse(name);
        var known = answers.TryGetValue((owner, type), out var task) ? task : Task.FromResult(Unknown(owner));
        var release = new TaskCompletionSource<DnsAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        answers[(owner, type)] = release.Task;
        return () => release.TrySetFromTask(known);
    }

    public ValueTask<DnsAnswer> QueryAsync(DnsName name, DnsType type, CancellationToken cancellationToken)
    {
        questions.Enqueue(new DnsQuestion(name, type));
        return answers.TryGetValue((name, type), out var answer)
            ? new ValueTask<DnsAnswer>(answer.WaitAsync(cancellationToken))
            : ValueTask.FromResult(Unknown(name));
    }

    private static DnsAnswer Unknown(DnsName name) => new() { Outcome = DnsOutcome.NameError, CanonicalName = name };

    private static SrvRecord ParseSrv(DnsName owner, string text)
    {
        var fields = text.Split(' ');
        return new SrvRecord(owner, 300, Number(fields[0]), Number(fields[1]), Number(fields[2]), DnsName.Parse(fields[3]));
    }

    private static ushort Number(string text) => ushort.Parse(text, CultureInfo.InvariantCulture);
}
