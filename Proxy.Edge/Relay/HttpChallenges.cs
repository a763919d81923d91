using System.Text;

namespace Proxy.Edge.Relay;

/// <summary>Answers to ACME's HTTP-01 challenge (RFC 8555 §8.3). Live and thread-safe: whoever orders certificates
/// fills it, every loop asks it. While nothing is ordered, asking costs one read.</summary>
public sealed class HttpChallenges
{
    private readonly Lock _writing = new();
    private Entry[] _entries = [];

    private static ReadOnlySpan<byte> Prefix => "/.well-known/acme-challenge/"u8;

    public void Add(string token, string answer)
    {
        lock (_writing)
        {
            Entry[] others = Without(token);
            Volatile.Write(
                ref _entries, [.. others, new Entry(Encoding.ASCII.GetBytes(token), Encoding.ASCII.GetBytes(answer))]);
        }
    }

    public void Remove(string token)
    {
        lock (_writing)
        {
            Volatile.Write(ref _entries, Without(token));
        }
    }

    /// <summary>What to answer with; null when this is no challenge of ours, and routes decide.</summary>
    internal byte[]? Find(ReadOnlySpan<byte> path)
    {
        Entry[] entries = Volatile.Read(ref _entries);
        if (entries.Length == 0 || !path.StartsWith(Prefix))
        {
            return null;
        }

        ReadOnlySpan<byte> token = path[Prefix.Length..];
        foreach (Entry entry in entries)
        {
            if (token.SequenceEqual(entry.Token))
            {
                return entry.Answer;
            }
        }

        return null;
    }

    private Entry[] Without(string token)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(token);
        return [.. _entries.Where(entry => !entry.Token.AsSpan().SequenceEqual(bytes))];
    }

    private sealed record Entry(byte[] Token, byte[] Answer);
}
