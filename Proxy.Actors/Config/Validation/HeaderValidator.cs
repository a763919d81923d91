namespace Proxy.Actors.Config.Validation;

/// <summary>Header edits of routes and headers of health checks.</summary>
internal static class HeaderValidator
{
    // The proxy frames messages and owns the hop (RFC 9110 §7.6.1); an edit here could only break them. Host has a key of its own.
    private static readonly HashSet<string> Owned = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Content-Length", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Host",
    };

    public static void Check(ProxyConfig config, ProblemList problems)
    {
        for (int i = 0; i < config.Routes.Count; i++)
        {
            CheckEdits(config.Routes[i].RequestHeaders, $"{Keys.Route(i)}.request-headers", problems);
            CheckEdits(config.Routes[i].ResponseHeaders, $"{Keys.Route(i)}.response-headers", problems);
        }

        foreach (PoolConfig pool in config.Pools.Where(pool => pool.Health.Active is not null))
        {
            CheckNames(
                pool.Health.Active!.Headers.Select(header => header.Name), // filtered by the loop
                $"{Keys.Pool(pool)}.health.active.headers", problems);
        }
    }

    private static void CheckEdits(HeaderEditsConfig edits, string path, ProblemList problems)
    {
        CheckNames(edits.Set.Select(edit => edit.Name), $"{path}.set", problems);
        CheckNames(edits.Add.Select(edit => edit.Name), $"{path}.add", problems);
        CheckNames(edits.Default.Select(edit => edit.Name), $"{path}.default", problems);
        CheckNames(edits.Remove, $"{path}.remove", problems);
    }

    private static void CheckNames(IEnumerable<string> names, string path, ProblemList problems)
    {
        foreach (string name in names)
        {
            if (!FieldText.IsToken(name))
            {
                problems.Error(path, $"\"{name}\" is not the name of a header", "letters, digits and !#$%&'*+-.^_`|~");
            }
            else if (Owned.Contains(name))
            {
                problems.Error(path, $"{name} is the proxy's own business", "any other header (for Host see the key host)");
            }
        }
    }
}
