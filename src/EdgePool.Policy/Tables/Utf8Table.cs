using System.Numerics;
using System.Runtime.InteropServices;

namespace EdgePool.Policy.Tables;

/// <summary>
/// An immutable map from UTF-8 keys, made for one million entries and for being asked on the stanza path: no lock, no allocation, at most four cache
/// lines a look-up. Keys are compared whole. The hash is the runtime's seeded one, so that nobody outside can make keys that collide.
/// </summary>
internal sealed class Utf8Table<T>
{
    private readonly Slot[] slots;
    private readonly Entry[] entries;
    private readonly byte[] keys;

    private Utf8Table(Slot[] slots, Entry[] entries, byte[] keys) => (this.slots, this.entries, this.keys) = (slots, entries, keys);

    public static Utf8Table<T> Empty { get; } = new Builder(0).Build();

    public int Count => entries.Length;

    public bool TryGetValue(ReadOnlySpan<byte> key, out T? value)
    {
        var hash = Hash(key);
        var table = slots;
        for (var at = (int)hash & (table.Length - 1); table[at].Number != 0; at = (at + 1) & (table.Length - 1))
        {
            if (table[at].Hash != hash)
                continue;
            ref var entry = ref entries[table[at].Number - 1];
            if (keys.AsSpan(entry.Start, entry.Length).SequenceEqual(key))
            {
                value = entry.Value;
                return true;
            }
        }

        value = default;
        return false;
    }

    public bool Contains(ReadOnlySpan<byte> key) => entries.Length != 0 && TryGetValue(key, out _);

    private static uint Hash(ReadOnlySpan<byte> key)
    {
        var hash = (uint)string.GetHashCode(MemoryMarshal.Cast<byte, char>(key), StringComparison.Ordinal);
        return (key.Length & 1) == 0 ? hash : BitOperations.RotateLeft(hash ^ key[^1], 7) * 0x9E3779B1;
    }

    /// <summary>Fills a table.</summary>
    /// <param name="capacity">About how many entries there will be.</param>
    internal sealed class Builder(int capacity)
    {
        private readonly List<Entry> entries = new(capacity);
        private Slot[] slots = new Slot[SlotsFor(capacity)];
        private byte[] keys = new byte[capacity * 24];
        private int used;

        public int Count => entries.Count;

        /// <summary>Adds; false, and nothing is changed, when the key is there.</summary>
        public bool TryAdd(ReadOnlySpan<byte> key, T value) => TryAdd(key, value, out _);

        /// <summary>Adds; false, and nothing is changed, when the key is there, with <paramref name="present"/>.</summary>
        public bool TryAdd(ReadOnlySpan<byte> key, T value, out T? present)
        {
            present = default;
            if ((entries.Count + 1) * 2 > slots.Length)
                Grow();
            var hash = Hash(key);
            var at = (int)hash & (slots.Length - 1);
            for (; slots[at].Number != 0; at = (at + 1) & (slots.Length - 1))
            {
                var entry = entries[slots[at].Number - 1];
                if (slots[at].Hash == hash && keys.AsSpan(entry.Start, entry.Length).SequenceEqual(key))
                {
                    present = entry.Value;
                    return false;
                }
            }

            if (key.Length > keys.Length - used)
                Array.Resize(ref keys, checked(Math.Max(keys.Length * 2, used + key.Length)));
            key.CopyTo(keys.AsSpan(used));
            entries.Add(new Entry(used, key.Length, value));
            slots[at] = new Slot(hash, entries.Count);
            used += key.Length;
            return true;
        }

        public Utf8Table<T> Build() => new(slots, [.. entries], keys.AsSpan(0, used).ToArray());

        private static int SlotsFor(int count) => (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, 1) * 2);

        private void Grow()
        {
            var old = slots;
            slots = new Slot[old.Length * 2];
            foreach (var slot in old)
            {
                if (slot.Number == 0)
                    continue;
                var at = (int)slot.Hash & (slots.Length - 1);
                while (slots[at].Number != 0)
                    at = (at + 1) & (slots.Length - 1);
                slots[at] = slot;
            }
        }
    }

    /// <param name="Hash">Of the key.</param>
    /// <param name="Number">Index of the entry plus one; 0: the slot is free.</param>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Slot(uint Hash, int Number);

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Entry(int Start, int Length, T Value);
}
