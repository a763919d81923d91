using System.Buffers;
using System.Text;

namespace Proxy.Cluster.Journal;

/// <summary>The limits of the contract. Breaking them is a bug of the caller.</summary>
internal static class JournalInput
{
    private const int MaxName = 64;

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-.");

    public static void Check(string name)
    {
        if (name.Length is 0 or > MaxName || name.AsSpan().ContainsAnyExcept(NameCharacters))
        {
            throw new ArgumentException("lower-case letters, digits, '-' and '.', at most 64", nameof(name));
        }
    }

    public static void Check(string name, long expected, long epoch, IReadOnlyList<JournalEvent> events)
    {
        Check(name);
        ArgumentOutOfRangeException.ThrowIfNegative(expected);
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfZero(events.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(events.Count, IJournal.MaxEvents);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            events.Sum(static e => (long)e.Payload.Length), IJournal.MaxBytes, nameof(events));
        if (events.Any(static e => e.Type.Length is 0 or > MaxName || !Ascii.IsValid(e.Type)))
        {
            throw new ArgumentException("a type is ASCII, 1 to 64 characters", nameof(events));
        }
    }

    public static void Check(string name, long epoch, JournalSnapshot snapshot)
    {
        Check(name);
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(snapshot.Sequence);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(snapshot.Payload.Length, IJournal.MaxBytes, nameof(snapshot));
    }
}
