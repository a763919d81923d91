using Proxy.Edge.Snapshot;

namespace Proxy.Actors.Config.Validation;

/// <summary>Health checks that can be sent and end before the next one.</summary>
internal static class HealthValidator
{
    public static void Check(ProxyConfig config, ProblemList problems)
    {
        foreach (PoolConfig pool in config.Pools)
        {
            string path = $"{Keys.Pool(pool)}.health.active";
            if (pool.Health.Active is { } active)
            {
                CheckActive(active, pool, path, problems);
            }
            else if (pool.InitialState == InitialState.Down)
            {
                problems.Error(
                    $"{Keys.Pool(pool)}.initial-state", "without active checks nothing would ever bring the members up",
                    "up, or a block health.active");
            }
        }
    }

    private static void CheckActive(ActiveHealthConfig active, PoolConfig pool, string path, ProblemList problems)
    {
        if (!active.Path.StartsWith('/') || active.Path.Any(c => c <= ' ' || c >= 127 || c == '#'))
        {
            problems.Error($"{path}.path", "not a path", "printable ASCII that starts with /, with or without a query");
        }

        if (active.Method == "GRPC" && pool.Protocol != OriginProtocol.Http2)
        {
            problems.Error($"{path}.method", "gRPC is spoken over HTTP/2", $"{Keys.Pool(pool)}.protocol = h2, or GET");
        }

        if (active.Host.Length > 0 && !FieldText.IsAuthority(active.Host))
        {
            problems.Error($"{path}.host", "not a host", "host[:port]");
        }

        if (active.Port > 0 && pool.Members.Any(member => member.Url.UnixPath is not null))
        {
            problems.Error($"{path}.port", "a member is on a Unix socket, which has no port", "0");
        }
    }
}
