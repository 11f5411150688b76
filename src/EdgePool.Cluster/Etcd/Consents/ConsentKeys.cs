using System.Globalization;
using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Etcd.Calls;
using EdgePool.Cluster.Etcd.Messages;
using Google.Protobuf;

namespace EdgePool.Cluster.Etcd.Consents;

/// <summary>
/// The keys of consents: <c>given/LOCAL\0REMOTE</c> of each that stands, <c>gone/LOCAL\0REMOTE</c> of each revocation that is remembered, <c>oldest/AT/LOCAL\0REMOTE</c> by which
/// the oldest of these are found, and <c>partners/NAME</c> with the number of a partner's consents.
/// </summary>
internal sealed class ConsentKeys(string prefix)
{
    private const int Digits = 16;

    /// <summary>What all begin with.</summary>
    public string Space { get; } = prefix + "consents/";

    /// <summary>What those of consents begin with.</summary>
    public string AllGiven => Space + "given/";

    /// <summary>Those of consents and of revocations, and no others.</summary>
    public KeyRange Changing => KeyRange.Between(Space + "g", Space + "h");

    private string AllGone => Space + "gone/";

    private string AllOldest => Space + "oldest/";

    public string Given((string Local, string Remote) pair) => AllGiven + Of(pair);

    public string Gone((string Local, string Remote) pair) => AllGone + Of(pair);

    public string Oldest((string Local, string Remote) pair, DateTimeOffset at) => OldestAt(at) + "/" + Of(pair);

    public string Partner(string name) => Space + "partners/" + name;

    /// <summary>Of what was revoked before that moment.</summary>
    public KeyRange OldestBefore(DateTimeOffset moment) => KeyRange.Between(AllOldest, OldestAt(moment));

    /// <summary>What became of a consent; null: nothing that is news. (A consent that goes leaves a revocation.)</summary>
    public ConsentChange? Read(Event change)
    {
        if (change.Type is not Event.Types.EventType.Put)
        {
            return null;
        }

        var name = change.Kv.Key.ToStringUtf8();
        if (name.StartsWith(AllGiven, StringComparison.Ordinal))
        {
            return new ConsentChange.Given(Consent(Pair(name, AllGiven.Length), ConsentRecord.Parser.ParseFrom(change.Kv.Value)));
        }

        var (local, remote) = Pair(name, AllGone.Length);
        return new ConsentChange.Revoked(local, remote, At(RevokedRecord.Parser.ParseFrom(change.Kv.Value)));
    }

    /// <summary>The pair of one of <see cref="OldestBefore"/>.</summary>
    public (string Local, string Remote) PairOfOldest(ByteString key) => Pair(key.ToStringUtf8(), AllOldest.Length + Digits + 1);

    public static Consent Consent((string Local, string Remote) pair, ConsentRecord record)
        => new(pair.Local, pair.Remote, record.Partner, DateTimeOffset.FromUnixTimeMilliseconds(record.Since));

    public static DateTimeOffset At(RevokedRecord record) => DateTimeOffset.FromUnixTimeMilliseconds(record.At);

    private static (string Local, string Remote) Pair(string name, int begin)
    {
        var end = name.IndexOf('\0', begin);
        return (name[begin..end], name[(end + 1)..]);
    }

    private static string Of((string Local, string Remote) pair) => $"{pair.Local}\0{pair.Remote}";

    // Years before 1970 do not order by their digits; nobody has revoked anything then.
    private string OldestAt(DateTimeOffset at) => string.Create(CultureInfo.InvariantCulture, $"{AllOldest}{Math.Max(0, at.ToUnixTimeMilliseconds()):D16}");
}
