using Proxy.Edge.Rewriting;

namespace Proxy.Actors.Config.Validation;

/// <summary>Header edits of routes and headers of health checks: names that may be edited, values that are
/// templates.</summary>
internal static class HeaderValidator
{
    public static void Check(ProxyConfig config, ProblemList problems)
    {
        for (int i = 0; i < config.Routes.Count; i++)
        {
            CheckEdits(config.Routes[i].RequestHeaders, $"{Keys.Route(i)}.request-headers", problems);
            CheckEdits(config.Routes[i].ResponseHeaders, $"{Keys.Route(i)}.response-headers", problems);
        }

        foreach (PoolConfig pool in config.Pools)
        {
            // Values of checks are plain text, so only the names are judged.
            string path = $"{Keys.Pool(pool)}.health.active.headers";
            foreach (NamedText header in pool.Health.Active?.Headers ?? [])
            {
                Check(new HeaderEdit(HeaderEditKind.Remove, header.Name), path, problems);
            }
        }
    }

    private static void CheckEdits(HeaderEditsConfig edits, string path, ProblemList problems)
    {
        foreach (string name in edits.Remove)
        {
            Check(new HeaderEdit(HeaderEditKind.Remove, name), $"{path}.remove", problems);
        }

        CheckValues(edits.Set, HeaderEditKind.Set, $"{path}.set", problems);
        CheckValues(edits.Add, HeaderEditKind.Add, $"{path}.add", problems);
        CheckValues(edits.Default, HeaderEditKind.Default, $"{path}.default", problems);
    }

    private static void CheckValues(
        ConfigList<NamedText> edits, HeaderEditKind kind, string path, ProblemList problems)
    {
        foreach (NamedText edit in edits)
        {
            Check(new HeaderEdit(kind, edit.Name, edit.Value), path, problems);
        }
    }

    private static void Check(HeaderEdit edit, string path, ProblemList problems)
    {
        if (!HeaderEditPlan.TryCreate([edit], out _, out string error))
        {
            problems.Error(path, error);
        }
    }
}
