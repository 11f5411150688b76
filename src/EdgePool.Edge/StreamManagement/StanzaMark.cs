using System.Runtime.InteropServices;

namespace EdgePool.Edge.StreamManagement;

/// <summary>
/// Whose stanza it is, under stream management (XEP-0198), and the how manieth of its stream: it goes with the stanza, or with the answer that takes the
/// stanza's place, until the fate of that is sealed. The default is a stanza that nobody acknowledges.
/// </summary>
/// <param name="Source">The account of the stream that it came on; null: none.</param>
/// <param name="Number">Its number there, modulo 2^32.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct StanzaMark(ReceivedStanzas? Source, uint Number)
{
    /// <summary>The stanza has been handed on, or there is nothing of it to hand on any more.</summary>
    public void Seal() => Source?.Seal(Number);
}
