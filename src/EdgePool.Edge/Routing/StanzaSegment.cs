using System.Buffers;
using EdgePool.Edge.StreamManagement;

namespace EdgePool.Edge.Routing;

/// <summary>Says whether an entry of a segment is meant.</summary>
/// <param name="xml">The entry as it goes out.</param>
/// <param name="own">An answer of ours, which the ledger does not count.</param>
/// <param name="ofLink">It has come from another node.</param>
internal delegate bool EntryTest(ReadOnlySpan<byte> xml, bool own, bool ofLink);

/// <summary>Takes an entry of a segment elsewhere; false: it stays.</summary>
internal delegate bool EntryMove(StanzaSegment segment, int entry);

/// <summary>
/// Rendered stanzas in one contiguous pooled buffer, each whole, with the place where each ends: what one write to a target carries.
/// Memory is rented with the first byte and returned by <see cref="Clear"/>.
/// </summary>
internal sealed class StanzaSegment : IBufferWriter<byte>
{
    /// <summary>Two TLS records of full size: larger writes gain nothing that was measurable, smaller ones cost system calls.</summary>
    public const int TargetBytes = 32 * 1024;

    private byte[] bytes = [];
    private int[] ends = [];
    private StanzaMark[] marks = []; // rented with the first mark; then one for each entry

    public StanzaSegment? Next { get; set; }

    public int Length { get; private set; }

    /// <summary>Entries, those of our own included.</summary>
    public int Entries { get; private set; }

    /// <summary>Entries that the ledger counts.</summary>
    public int Accepted { get; private set; }

    /// <summary>Timestamp of the first entry, from the queue's clock.</summary>
    public long Since { get; set; }

    public ReadOnlyMemory<byte> Memory => bytes.AsMemory(0, Length);

    /// <summary>Room for <paramref name="expected"/> more bytes without leaving the target size; an empty segment takes anything.</summary>
    public bool HasRoomFor(int expected) => Entries == 0 || Length + expected <= TargetBytes;

    /// <summary>Ends the entry whose bytes were written since the last one.</summary>
    /// <param name="own">An answer of ours, which the ledger does not count.</param>
    /// <param name="mark">Whom to tell when its fate is sealed.</param>
    public void EndEntry(bool own, in StanzaMark mark = default)
    {
        if (Entries == ends.Length)
            Grow(ref ends, Math.Max(64, ends.Length * 2), Entries);
        if (marks.Length > 0 || mark.Source is not null)
            Note(in mark);
        ends[Entries++] = own ? ~Length : Length;
        if (!own)
            Accepted++;
    }

    /// <summary>The bytes of one entry, and whether it is our own.</summary>
    public ReadOnlyMemory<byte> Entry(int index, out bool own)
    {
        var start = index == 0 ? 0 : End(ends[index - 1]);
        own = ends[index] < 0;
        return bytes.AsMemory(start, End(ends[index]) - start);
    }

    /// <summary>The bytes of this entry and of all behind it.</summary>
    public ReadOnlyMemory<byte> From(int entry)
    {
        var start = entry == 0 ? 0 : End(ends[entry - 1]);
        return bytes.AsMemory(start, Length - start);
    }

    /// <summary>The mark of one entry, which from now on is the caller's to seal.</summary>
    public StanzaMark TakeMark(int index)
    {
        if (marks.Length == 0)
            return default;
        var mark = marks[index];
        marks[index] = default;
        return mark;
    }

    /// <summary>The mark of one entry, which stays with it.</summary>
    public StanzaMark MarkOf(int index) => marks.Length == 0 ? default : marks[index];

    /// <summary>The entry came from another node of the pool.</summary>
    public bool IsOfLink(int index) => MarkOf(index).Source is { IsOfLink: true };

    /// <summary>Seals the marks that nobody has taken: the entries have gone where they should, or are gone.</summary>
    public void SealMarks()
    {
        if (marks.Length == 0)
            return;
        for (var i = 0; i < Entries; i++)
            TakeMark(i).Seal();
    }

    /// <summary>Appends all entries of <paramref name="other"/>, with their marks, which leave it; the rest of it stays as it is.</summary>
    public void Append(StanzaSegment other)
    {
        var start = Length;
        this.Write(other.Memory.Span);
        var end = Length;
        for (var i = 0; i < other.Entries; i++)
        {
            Length = start + End(other.ends[i]);
            EndEntry(other.ends[i] < 0, other.TakeMark(i));
        }

        Length = end;
    }

    /// <summary>Appends one entry of <paramref name="other"/>, with its mark, which leaves it.</summary>
    public void Append(StanzaSegment other, int entry)
    {
        this.Write(other.Entry(entry, out var own).Span);
        EndEntry(own, other.TakeMark(entry));
    }

    /// <summary>Moves the entries that are meant to <paramref name="other"/>; those here and those there keep their order.</summary>
    public void MoveWhere(EntryTest meant, StanzaSegment other)
    {
        var (entries, length) = (Entries, 0);
        Entries = Accepted = 0;
        for (var (i, start) = (0, 0); i < entries; i++)
        {
            var (own, end) = (ends[i] < 0, End(ends[i]));
            var xml = bytes.AsSpan(start, end - start);
            start = end;
            if (meant(xml, own, IsOfLink(i)))
            {
                other.Write(xml);
                other.EndEntry(own, TakeMark(i));
                continue;
            }

            xml.CopyTo(bytes.AsSpan(length)); // to where it is, or before it
            Length = length += xml.Length;
            EndEntry(own, TakeMark(i));
        }

        Length = length;
    }

    /// <summary>True when an entry has more bytes than <paramref name="limit"/>.</summary>
    public bool HasLongerThan(int limit)
    {
        if (Length <= limit)
            return false;
        for (var (i, start) = (0, 0); i < Entries; i++)
        {
            var end = End(ends[i]);
            if (end - start > limit)
                return true;
            start = end;
        }

        return false;
    }

    public void Clear()
    {
        if (bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(bytes);
        if (ends.Length > 0)
            ArrayPool<int>.Shared.Return(ends);
        if (marks.Length > 0)
            ArrayPool<StanzaMark>.Shared.Return(marks, clearArray: true);
        bytes = [];
        ends = [];
        marks = [];
        Length = Entries = Accepted = 0;
        Next = null;
    }

    void IBufferWriter<byte>.Advance(int count) => Length += count;

    Span<byte> IBufferWriter<byte>.GetSpan(int sizeHint)
    {
        Reserve(sizeHint);
        return bytes.AsSpan(Length);
    }

    Memory<byte> IBufferWriter<byte>.GetMemory(int sizeHint)
    {
        Reserve(sizeHint);
        return bytes.AsMemory(Length);
    }

    private void Reserve(int sizeHint)
    {
        var needed = Length + Math.Max(sizeHint, 1);
        if (needed > bytes.Length)
            Grow(ref bytes, Math.Max(TargetBytes, needed), Length);
    }

    /// <summary>The entry that ends now has this mark; those before it, if none had any, have none.</summary>
    private void Note(in StanzaMark mark)
    {
        if (marks.Length == 0)
        {
            marks = ArrayPool<StanzaMark>.Shared.Rent(ends.Length);
            Array.Clear(marks);
        }
        else if (Entries == marks.Length)
        {
            var larger = ArrayPool<StanzaMark>.Shared.Rent(ends.Length);
            Array.Clear(larger);
            marks.AsSpan(0, Entries).CopyTo(larger);
            ArrayPool<StanzaMark>.Shared.Return(marks, clearArray: true);
            marks = larger;
        }

        marks[Entries] = mark;
    }

    private static void Grow<T>(ref T[] array, int size, int used)
    {
        var larger = ArrayPool<T>.Shared.Rent(size);
        array.AsSpan(0, used).CopyTo(larger);
        if (array.Length > 0)
            ArrayPool<T>.Shared.Return(array);
        array = larger;
    }

    private static int End(int value) => value < 0 ? ~value : value;
}
