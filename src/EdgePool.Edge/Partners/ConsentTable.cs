using System.Collections.Concurrent;
using System.Text;
using EdgePool.Cluster.Consents;
using EdgePool.Policy.Verdicts;

namespace EdgePool.Edge.Partners;

/// <summary>How many consents there may be. The defaults carry their reason.</summary>
/// <param name="PerPartner">Under one partner: a public provider with a hundred thousand contacts of ours has them all.</param>
/// <param name="Total">Under all partners: 270 MB of memory.</param>
/// <param name="Pending">Changes that wait for the journal: hours of work when it is down, and 30 MB.</param>
public sealed record ConsentLimits(int PerPartner = 100_000, int Total = 1_000_000, int Pending = 100_000);

/// <summary>What became of a consent that was given.</summary>
internal enum ConsentGift
{
    /// <summary>It stands from now on.</summary>
    Given,

    /// <summary>It stood before.</summary>
    Known,

    /// <summary>A limit is reached: it does not stand.</summary>
    Full,
}

/// <summary>One page of a listing.</summary>
/// <param name="Consents">In the order of the UTF-8 bytes of local, then remote address.</param>
/// <param name="More">There are others behind the last one.</param>
public sealed record ConsentPage(IReadOnlyList<Consent> Consents, bool More);

/// <summary>
/// Which local user has taken up contact with which user of a public, unverified partner (POLICY.md section 4): what the stanza path asks. It holds all
/// consents in memory, and beside them what changed and is not yet durable, in its order; a <see cref="JournalWriter{T}"/> brings that to the journal.
/// </summary>
/// <remarks>
/// A question takes no lock and allocates nothing. A change takes effect at once, before it is durable: a node that loses power forgets what it
/// learned in the last moments, and the contact has to be taken up again (or, after a revocation, to be dropped again). A revocation is always
/// taken: those that wait are never more than the consents that stood.
/// </remarks>
internal sealed class ConsentTable : IConsents, IUnwritten<ConsentChange>
{
    private readonly Lock gate = new();
    private readonly ConsentLimits limits;
    private readonly TimeProvider time;
    private readonly ConcurrentDictionary<AddressPairKey, Standing> standing = new(AddressPairComparer.Instance);
    private readonly ConcurrentDictionary<AddressPairKey, Standing>.AlternateLookup<AddressPair> byPair;
    private readonly ConsentOrder order = new();
    private readonly Queue<ConsentChange> pending = new();
    private List<ConsentChange>? early;
    private Dictionary<AddressPairKey, long>? dropped;
    private long lastRevoked;
    private int count;

    public ConsentTable(ConsentLimits limits, TimeProvider time)
    {
        (this.limits, this.time) = (limits, time);
        byPair = standing.GetAlternateLookup<AddressPair>();
    }

    /// <summary>Called, on the source's thread and outside every lock, when something waits for the journal.</summary>
    public Action? Changed { get; set; }

    /// <summary>Called, on the source's thread and outside every lock, when a consent stands no more: bare JIDs of the local and the remote user.</summary>
    public Action<byte[], byte[]>? Revoked { get; set; }

    /// <summary>All that stand.</summary>
    public int Count
    {
        get
        {
            lock (gate)
                return count;
        }
    }

    /// <summary>Changes that are not durable yet.</summary>
    public int Pending
    {
        get
        {
            lock (gate)
                return pending.Count;
        }
    }

    public bool Has(ReadOnlySpan<byte> localBare, ReadOnlySpan<byte> remoteBare) => byPair.ContainsKey(new AddressPair(localBare, remoteBare));

    /// <summary>The local user has taken up contact.</summary>
    public ConsentGift Give(ReadOnlySpan<byte> localBare, ReadOnlySpan<byte> remoteBare, string partner)
    {
        var pair = new AddressPair(localBare, remoteBare);
        if (byPair.ContainsKey(pair))
            return ConsentGift.Known;
        var key = new AddressPairKey(pair);
        lock (gate)
        {
            if (pending.Count >= limits.Pending || !HasRoom(partner))
                return standing.ContainsKey(key) ? ConsentGift.Known : ConsentGift.Full;
            var since = DateTimeOffset.FromUnixTimeMilliseconds(Math.Max(time.GetUtcNow().ToUnixTimeMilliseconds(), lastRevoked + 1));
            if (!TryAdd(key, new Standing(partner, since.ToUnixTimeMilliseconds())))
                return ConsentGift.Known;
            pending.Enqueue(new ConsentChange.Given(new Consent(key.Local, key.Remote, partner, since)));
        }

        Changed?.Invoke();
        return ConsentGift.Given;
    }

    /// <summary>The local user, or an operator, has dropped the contact; false when there was none.</summary>
    public bool Revoke(ReadOnlySpan<byte> localBare, ReadOnlySpan<byte> remoteBare)
    {
        var pair = new AddressPair(localBare, remoteBare);
        if (!byPair.ContainsKey(pair))
            return false;
        var key = new AddressPairKey(pair);
        lock (gate)
        {
            if (!TryRemove(key, out var gone))
                return false;
            lastRevoked = Math.Max(lastRevoked, Math.Max(time.GetUtcNow().ToUnixTimeMilliseconds(), gone.Since));
            if (dropped?.Count < limits.Pending)
                dropped[key] = lastRevoked;
            pending.Enqueue(new ConsentChange.Revoked(key.Local, key.Remote, DateTimeOffset.FromUnixTimeMilliseconds(lastRevoked)));
        }

        Changed?.Invoke();
        Revoked?.Invoke(localBare.ToArray(), remoteBare.ToArray());
        return true;
    }

    /// <summary>Takes over what the journal holds, before the first question; false when it is more than the limits.</summary>
    public async Task<bool> LoadAsync(IConsentJournal journal, CancellationToken cancellation)
    {
        if (journal is ISharedConsents shared)
        {
            (early, dropped) = ([], new Dictionary<AddressPairKey, long>(AddressPairComparer.Instance));
            shared.Heard = Hear;
        }

        var all = true;
        await foreach (var consent in journal.ReadAllAsync(partner: null, cancellation))
            all &= Load(consent);
        Hear(TakeEarly());
        return all;
    }

    /// <summary>What the journal has come to hold, in its order: by other nodes' doing, or once more what this one has done.</summary>
    public void Hear(IReadOnlyList<ConsentChange> changes)
    {
        var gone = new List<AddressPairKey>();
        lock (gate)
        {
            if (early is not null)
            {
                early.AddRange(changes); // what is being loaded may be older
                return;
            }

            foreach (var change in changes)
            {
                if (change is ConsentChange.Given(var consent))
                    Take(consent);
                else if (change is ConsentChange.Revoked revoked && Take(revoked) is { } pair)
                    gone.Add(pair);
            }
        }

        foreach (var pair in gone)
            Revoked?.Invoke(pair.Pair.Local.ToArray(), pair.Pair.Remote.ToArray());
    }

    /// <summary>A page of what stands, behind that pair. It costs a page; without a partner, a look at each partner as well.</summary>
    /// <param name="partner">Only those given under this partner; null: all.</param>
    /// <param name="after">The last of the page before; null: the first page.</param>
    /// <param name="atMost">The length of the page.</param>
    public ConsentPage List(string? partner, (string Local, string Remote)? after, int atMost)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(atMost);
        AddressPairKey? from = after is { } last ? KeyOf(last.Local, last.Remote) : null;
        lock (gate)
        {
            var page = order.Behind(partner, from, atMost + 1);
            var more = page.Count > atMost;
            return new ConsentPage([.. page.Take(atMost).Select(key => standing[key].ToConsent(key))], more);
        }
    }

    /// <summary>The oldest changes that are not durable; they stay until <see cref="Written"/>.</summary>
    public IReadOnlyList<ConsentChange> Oldest(int atMost)
    {
        lock (gate)
            return [.. pending.Take(atMost)];
    }

    /// <summary>The oldest changes are durable now.</summary>
    public void Written(int changes)
    {
        lock (gate)
        {
            for (; changes > 0; changes--)
                pending.Dequeue();
        }
    }

    private bool HasRoom(string partner) => count < limits.Total && order.CountOf(partner) < limits.PerPartner;

    private bool Load(Consent consent)
    {
        lock (gate)
            return HasRoom(consent.Partner) && TryAdd(KeyOf(consent.Local, consent.Remote), new Standing(consent.Partner, consent.Since.ToUnixTimeMilliseconds()));
    }

    private List<ConsentChange> TakeEarly()
    {
        lock (gate)
        {
            var heard = early ?? [];
            early = null;
            return heard;
        }
    }

    private void Take(Consent consent)
    {
        var (key, value) = (KeyOf(consent.Local, consent.Remote), new Standing(consent.Partner, consent.Since.ToUnixTimeMilliseconds()));
        if (dropped?.TryGetValue(key, out var at) is true && value.Since <= at)
            return; // revoked here since, which the journal has yet to say
        if (!standing.TryGetValue(key, out var now))
        {
            if (HasRoom(consent.Partner))
                TryAdd(key, value);
            return;
        }

        standing[key] = value;
        order.Remove(now.Partner, key);
        order.Add(value.Partner, key);
    }

    private AddressPairKey? Take(ConsentChange.Revoked revoked)
    {
        lastRevoked = Math.Max(lastRevoked, revoked.At.ToUnixTimeMilliseconds());
        var key = KeyOf(revoked.Local, revoked.Remote);
        dropped?.Remove(key);
        return TryRemove(key, out _) ? key : null;
    }

    private static AddressPairKey KeyOf(string local, string remote) => new(new AddressPair(Encoding.UTF8.GetBytes(local), Encoding.UTF8.GetBytes(remote)));

    private bool TryRemove(AddressPairKey key, out Standing gone)
    {
        if (!standing.TryRemove(key, out gone))
            return false;
        count--;
        order.Remove(gone.Partner, key);
        return true;
    }

    private bool TryAdd(AddressPairKey key, Standing value)
    {
        if (!standing.TryAdd(key, value))
            return false;
        count++;
        order.Add(value.Partner, key);
        return true;
    }

    /// <summary>Under which partner it was given, and when, in milliseconds of Unix time.</summary>
    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
    private readonly record struct Standing(string Partner, long Since)
    {
        public Consent ToConsent(AddressPairKey key) => new(key.Local, key.Remote, Partner, DateTimeOffset.FromUnixTimeMilliseconds(Since));
    }
}
