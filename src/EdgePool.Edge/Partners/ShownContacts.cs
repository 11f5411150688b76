using System.Diagnostics.CodeAnalysis;

namespace EdgePool.Edge.Partners;

/// <summary>
/// Those who are shown one way, found by contact and viewer whatever the contact's resources: who leaves without naming one leaves with all. It takes no memory
/// beside its table's slots; plain state, under the lock of <see cref="PresenceTable"/>.
/// </summary>
internal sealed class ShownContacts
{
    // Of the resources of a contact the one that came last; the others hang on it.
    private readonly HashSet<ShownPresence> newest = new(BareComparer.Instance);
    private readonly HashSet<ShownPresence>.AlternateLookup<AddressPair> byPair;

    public ShownContacts() => byPair = newest.GetAlternateLookup<AddressPair>();

    /// <summary>A resource of the contact; null: none is shown.</summary>
    /// <param name="bare">Both addresses bare.</param>
    public ShownPresence? Find(AddressPair bare) => byPair.TryGetValue(bare, out var shown) ? shown : null;

    public void Add(ShownPresence shown)
    {
        if (newest.TryGetValue(shown, out var older))
        {
            newest.Remove(older);
            older.Resources = (shown, older.Resources.Behind);
        }

        shown.Resources = (null, older);
        newest.Add(shown);
    }

    public void Remove(ShownPresence shown)
    {
        var (before, behind) = shown.Resources;
        shown.Resources = default;
        if (behind is not null)
            behind.Resources = (before, behind.Resources.Behind);
        if (before is not null)
        {
            before.Resources = (before.Resources.Before, behind);
            return;
        }

        newest.Remove(shown);
        if (behind is not null)
            newest.Add(behind);
    }

    private sealed class BareComparer : IEqualityComparer<ShownPresence>, IAlternateEqualityComparer<AddressPair, ShownPresence>
    {
        public static BareComparer Instance { get; } = new();

        public bool Equals(ShownPresence? x, ShownPresence? y) => ReferenceEquals(x, y) || (x is not null && y is not null && Equals(BareOf(x), y));

        public bool Equals(AddressPair alternate, ShownPresence other) => alternate.Local.SequenceEqual(other.LocalBare) && alternate.Remote.SequenceEqual(other.RemoteBare);

        public int GetHashCode([DisallowNull] ShownPresence obj) => GetHashCode(BareOf(obj));

        public int GetHashCode(AddressPair alternate) => AddressPairComparer.Instance.GetHashCode(alternate);

        public ShownPresence Create(AddressPair alternate) => throw new NotSupportedException("a pair of addresses is looked up, never added");

        private static AddressPair BareOf(ShownPresence shown) => new(shown.LocalBare, shown.RemoteBare);
    }
}
