using System.Buffers;

namespace Proxy.Cluster.Engine;

/// <summary>Keys are printable ASCII: then the order of bytes (etcd, PostgreSQL's "C", SQLite) and the ordinal order
/// here are the same.</summary>
internal static class EngineKey
{
    public const int MaxLength = 512;

    /// <summary>Sorts behind every key, and added to a prefix behind every key with that prefix.</summary>
    public const string End = "\x7f";

    private static readonly SearchValues<char> Allowed = SearchValues.Create(
        [.. Enumerable.Range(' ', '~' - ' ' + 1).Select(static code => (char)code)]);

    public static string Checked(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return CheckedPrefix(key);
    }

    /// <summary>A prefix may be empty: everything.</summary>
    public static string CheckedPrefix(string prefix)
    {
        if (prefix.Length > MaxLength || prefix.AsSpan().ContainsAnyExcept(Allowed))
        {
            throw new ArgumentException($"not a key: printable ASCII, at most {MaxLength} characters", nameof(prefix));
        }

        return prefix;
    }
}
