namespace EdgePool.Xmpp.StreamManagement;

/// <summary>
/// How many stanzas were sent on a stream since stream management was enabled, and how many the peer has handled (XEP-0198 section 4). Both count modulo
/// 2^32; that the difference tells a late count from a false one rests on far fewer being under way.
/// </summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
public struct SentCount
{
    /// <summary>Stanzas sent.</summary>
    public uint Sent { get; private set; }

    /// <summary>The peer's last <c>h</c>.</summary>
    public uint Handled { get; private set; }

    /// <summary>Stanzas sent that the peer has not said it handled.</summary>
    public readonly uint Outstanding => unchecked(Sent - Handled);

    /// <summary>Counts stanzas that go out.</summary>
    public void Send(int stanzas) => Sent = unchecked(Sent + (uint)stanzas);

    /// <summary>Takes the peer's <c>h</c>; false, and nothing changes, when it is more than was sent, or less than it was before.</summary>
    /// <param name="h">The peer's count.</param>
    /// <param name="newly">How many more are handled than before.</param>
    public bool TryHandle(uint h, out int newly)
    {
        var more = unchecked(h - Handled);
        newly = 0;
        if (more > Outstanding)
            return false;
        newly = (int)more;
        Handled = h;
        return true;
    }
}
