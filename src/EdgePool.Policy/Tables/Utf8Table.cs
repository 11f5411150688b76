using System.Numerics;
using System.Runtime.InteropServices;

namespace EdgePool.Policy.Tables;

/// <summary>
/// An immutable map from UTF-8 keys, made for one million entries and for being asked on the stanza path: no lock, no allocation, two places in memory
/// for a look-up. Keys are compared whole. The hash is the runtime's seeded one, so that nobody outside can make keys that collide.
/// </summary>
internal sealed class Utf8Table<T>
{
    private readonly Slot[] slots;
    private readonly byte[] keys;

    private Utf8Table(Slot[] slots, byte[] keys, int count) => (this.slots, this.keys, Count) = (slots, keys, count);

    public static Utf8Table<T> Empty { get; } = new Builder(0).Build();

    public int Count { get; }

    public bool TryGetValue(ReadOnlySpan<byte> key, out T? value)
    {
        var hash = Hash(key);
        var table = slots;
        for (var at = (int)hash & (table.Length - 1); ; at = (at + 1) & (table.Length - 1))
        {
            ref var slot = ref table[at];
            if (slot.End == 0)
            {
                value = default;
                return false;
            }

            if (slot.Hash == hash && slot.Length == key.Length && keys.AsSpan(slot.End - slot.Length, slot.Length).SequenceEqual(key))
            {
                value = slot.Value;
                return true;
            }
        }
    }

    public bool Contains(ReadOnlySpan<byte> key) => Count != 0 && TryGetValue(key, out _);

    private static uint Hash(ReadOnlySpan<byte> key)
    {
        var hash = (uint)string.GetHashCode(MemoryMarshal.Cast<byte, char>(key), StringComparison.Ordinal);
        return (key.Length & 1) == 0 ? hash : BitOperations.RotateLeft(hash ^ key[^1], 7) * 0x9E3779B1;
    }

    /// <summary>Fills a table.</summary>
    /// <param name="capacity">About how many entries there will be.</param>
    internal sealed class Builder(int capacity)
    {
        private const int MostReserved = 1_000_000;

        private Slot[] slots = new Slot[SlotsFor(capacity)];
        private byte[] keys = new byte[(Math.Min(capacity, MostReserved) * 24) + 1];

        // Key 0 stands behind one byte, so that no key's end is 0.
        private int used = 1;

        public int Count { get; private set; }

        /// <summary>Adds; false, and nothing is changed, when the key is there.</summary>
        public bool TryAdd(ReadOnlySpan<byte> key, T value) => TryAdd(key, value, out _);

        /// <summary>Adds; false, and nothing is changed, when the key is there, with <paramref name="present"/>.</summary>
        public bool TryAdd(ReadOnlySpan<byte> key, T value, out T? present)
        {
            present = default;
            if ((Count + 1) * 2 > slots.Length)
                Grow();
            var hash = Hash(key);
            var at = (int)hash & (slots.Length - 1);
            for (; slots[at].End != 0; at = (at + 1) & (slots.Length - 1))
            {
                ref var slot = ref slots[at];
                if (slot.Hash == hash && keys.AsSpan(slot.End - slot.Length, slot.Length).SequenceEqual(key))
                {
                    present = slot.Value;
                    return false;
                }
            }

            if (key.Length > keys.Length - used)
                Array.Resize(ref keys, checked(Math.Max(keys.Length * 2, used + key.Length)));
            key.CopyTo(keys.AsSpan(used));
            used += key.Length;
            Count++;
            slots[at] = new Slot(hash, used, key.Length, value);
            return true;
        }

        /// <summary>The table; nothing is added any more.</summary>
        public Utf8Table<T> Build() => new(slots, keys.AsSpan(0, used).ToArray(), Count);

        private static int SlotsFor(int count) => (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, 1) * 2);

        private void Grow()
        {
            var old = slots;
            slots = new Slot[old.Length * 2];
            foreach (var slot in old)
            {
                if (slot.End == 0)
                    continue;
                var at = (int)slot.Hash & (slots.Length - 1);
                while (slots[at].End != 0)
                    at = (at + 1) & (slots.Length - 1);
                slots[at] = slot;
            }
        }
    }

    /// <param name="Hash">Of the key.</param>
    /// <param name="End">Where the key ends; 0: the slot is free.</param>
    /// <param name="Length">How long the key is.</param>
    /// <param name="Value">What it leads to.</param>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Slot(uint Hash, int End, int Length, T Value);
}
