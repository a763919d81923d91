namespace Proxy.Edge.Tls;

/// <summary>Client hellos that brought early data, as long as each could be taken for a fresh one: whoever sends a copy
/// is not believed (RFC 8446 §8.2). OpenSSL takes early data only while the age of the ticket that the hello tells is
/// right to 10 seconds, so nothing older has to be known. The copy must be exact, for the hello is signed with the
/// ticket's secret; therefore its random is name enough. One per set of ticket keys and process: another node that
/// shares the keys may be shown the copy, once. Thread-safe without locks; 512 KB once it is used.</summary>
internal sealed class EarlyHellos
{
    /// <summary>Microseconds; more than the 10 seconds, for clocks are read at different moments. A hello is known for
    /// one window at least, two at most.</summary>
    internal const long Window = 15_000_000;

    private const int Places = 64 * 1024;

    /// <summary>Places that a hello may have. When others are in all of them, early data is not taken, which costs its
    /// sender a round trip.</summary>
    private const int Tries = 16;

    private const ulong Used = 1UL << 63;
    private const ulong NameMask = (1UL << 48) - 1;
    private const int TurnMask = 0x7FFF;

    /// <summary>Each 0 or: used (1 bit), number of its window (15), name (48).</summary>
    private ulong[]? _places;

    private long _doubtUntil;
    private bool _doubted;

    /// <summary>Whether early data may be taken. False for a copy, and when that cannot be known.</summary>
    /// <param name="now">Microseconds; a little back and forth between threads does no harm.</param>
    public bool IsFirst(UInt128 random, long now)
    {
        if (Volatile.Read(ref _doubted))
        {
            Volatile.Write(ref _doubtUntil, now + Window);
            Volatile.Write(ref _doubted, false);
        }

        if (now < Volatile.Read(ref _doubtUntil))
        {
            return false;
        }

        ulong[] places = Volatile.Read(ref _places) ?? Make();
        int turn = (int)(now / Window) & TurnMask;
        var name = (ulong)random & NameMask;
        int first = (int)(random >> 64) & (Places - 1);
        return Add(places, first, name, turn) is var place and >= 0 && !IsElsewhere(places, first, name, turn, place);
    }

    /// <summary>Tickets have become good that others may have seen early data with.</summary>
    public void Doubt() => Volatile.Write(ref _doubted, true);

    private ulong[] Make()
    {
        var made = new ulong[Places];
        return Interlocked.CompareExchange(ref _places, made, null) ?? made;
    }

    /// <summary>The place that the name got; -1 when it is there already, or there is none.</summary>
    private static int Add(ulong[] places, int first, ulong name, int turn)
    {
        int free;
        do
        {
            free = -1;
            ulong old = 0;
            for (int i = 0; i < Tries; i++)
            {
                int at = (first + i) & (Places - 1);
                ulong value = Volatile.Read(ref places[at]);
                if (!IsKnown(value, turn))
                {
                    (free, old) = free < 0 ? (at, value) : (free, old);
                }
                else if ((value & NameMask) == name)
                {
                    return -1;
                }
            }

            if (free < 0 || Interlocked.CompareExchange(ref places[free], Entry(name, turn), old) == old)
            {
                return free;
            }
        }
        while (true);
    }

    /// <summary>Two threads that see the same hello while a window turns may take different places; then neither is
    /// believed.</summary>
    private static bool IsElsewhere(ulong[] places, int first, ulong name, int turn, int own)
    {
        for (int i = 0; i < Tries; i++)
        {
            int at = (first + i) & (Places - 1);
            ulong value = Volatile.Read(ref places[at]);
            if (at != own && (value & NameMask) == name && IsKnown(value, turn))
            {
                return true;
            }
        }

        return false;
    }

    private static ulong Entry(ulong name, int turn) => Used | ((ulong)turn << 48) | name;

    /// <summary>Of this window or a neighbour's.</summary>
    private static bool IsKnown(ulong value, int turn) =>
        (value & Used) != 0 && (turn - (int)((value >> 48) & TurnMask) + 1 & TurnMask) <= 2;
}
