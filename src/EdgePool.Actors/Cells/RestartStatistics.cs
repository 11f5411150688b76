using System.Runtime.InteropServices;

namespace EdgePool.Actors.Cells;

/// <summary>The restarts of one child, counted by its parent in a window that opens with the first of them.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct RestartStatistics
{
    private int _count;
    private long _windowStart;

    public bool Permit(int maxNrOfRetries, TimeSpan within, TimeProvider time)
    {
        if (maxNrOfRetries == 0)
        {
            return false;
        }

        if (within <= TimeSpan.Zero)
        {
            return maxNrOfRetries < 0 || ++_count <= maxNrOfRetries;
        }

        var now = time.GetTimestamp();
        if (_count == 0 || time.GetElapsedTime(_windowStart, now) > within)
        {
            _count = 0;
            _windowStart = now;
        }

        return ++_count <= (maxNrOfRetries < 0 ? 1 : maxNrOfRetries);
    }
}
