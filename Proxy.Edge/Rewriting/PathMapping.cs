using Proxy.Edge.Routing;

namespace Proxy.Edge.Rewriting;

/// <summary>Replaces the origin's path prefix by the public one, on segment borders.</summary>
internal sealed class PathMapping(string originPath, string publicPath)
{
    private readonly byte[] _origin = Normal(originPath);
    private readonly byte[] _public = Normal(publicPath);

    public bool IsIdentity => _origin.AsSpan().SequenceEqual(_public);

    /// <summary>Maps path, query and fragment of an URL; an empty path counts as "/".</summary>
    /// <param name="keepPublic">Leaves a path alone that is below the public path already.</param>
    public bool TryMap(scoped ReadOnlySpan<byte> rest, bool keepPublic, ref ByteWriter writer)
    {
        int end = rest.IndexOfAny((byte)'?', (byte)'#');
        ReadOnlySpan<byte> path = end < 0 ? rest : rest[..end];
        path = path.Length == 0 ? "/"u8 : path;
        ReadOnlySpan<byte> suffix = end < 0 ? default : rest[end..];
        bool isPublic = keepPublic && _public.Length > 1 && IsUnder(path, _public);
        if (isPublic || !IsUnder(path, _origin))
        {
            return false;
        }

        ReadOnlySpan<byte> below = path[Math.Min(_origin.Length, path.Length)..];
        bool slash = _origin[^1] == '/' || (below.Length != 0 && below[0] == '/');
        writer.Add(slash ? _public.AsSpan().TrimEnd((byte)'/') : _public);
        if (slash)
        {
            writer.Add((byte)'/');
            writer.Add(below.TrimStart((byte)'/'));
        }

        writer.Add(suffix);
        return true;
    }

    private static byte[] Normal(string path) => UriCharacters.Canonical(path.Length == 0 ? "/" : path);

    /// <summary>Like a route's prefix, but "/app" is below "/app/" too: origins redirect to either.</summary>
    private static bool IsUnder(ReadOnlySpan<byte> path, ReadOnlySpan<byte> prefix) =>
        RouteRule.IsUnder(path, prefix)
        || (prefix.Length > 1 && prefix[^1] == '/' && path.SequenceEqual(prefix[..^1]));
}
