using System.Text;

namespace Proxy.Edge.Relay;

/// <summary>Answers to ACME's HTTP-01 challenge (RFC 8555 §8.3). Live and thread-safe: whoever orders certificates
/// fills it, every loop asks it. While nothing is ordered, asking costs one read.</summary>
public sealed class HttpChallenges
{
    private Entry[] _entries = [];

    private static ReadOnlySpan<byte> Prefix => "/.well-known/acme-challenge/"u8;

    public void Add(string token, string answer)
    {
        var entry = new Entry(Encoding.ASCII.GetBytes(token), Encoding.ASCII.GetBytes(answer));
        Exchange(entries => [.. Without(entries, token), entry]);
    }

    public void Remove(string token) => Exchange(entries => Without(entries, token));

    internal static LocalAnswer Answer(byte[] body, bool close) => new()
    {
        Status = 200,
        Lines = "Content-Type: application/octet-stream\r\nCache-Control: no-store\r\n"u8,
        Body = body,
        Close = close,
    };

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

    private static Entry[] Without(Entry[] entries, string token)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(token);
        return [.. entries.Where(entry => !entry.Token.AsSpan().SequenceEqual(bytes))];
    }

    /// <summary>Replaces the list; when somebody else did so meanwhile, once more.</summary>
    private void Exchange(Func<Entry[], Entry[]> change)
    {
        Entry[] seen;
        do
        {
            seen = Volatile.Read(ref _entries);
        }
        while (!ReferenceEquals(Interlocked.CompareExchange(ref _entries, change(seen), seen), seen));
    }

    private sealed record Entry(byte[] Token, byte[] Answer);
}
