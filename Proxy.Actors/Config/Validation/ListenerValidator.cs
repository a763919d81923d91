using Proxy.Edge.Telemetry;
using Proxy.Edge.Topology;

namespace Proxy.Actors.Config.Validation;

/// <summary>Listeners and the management address: something to listen on, names and addresses used once, limits that
/// fit together.</summary>
internal static class ListenerValidator
{
    public static void Check(ProxyConfig config, ProblemList problems)
    {
        if (config.Listeners.Count == 0)
        {
            problems.Error(Keys.Listeners, "there is no listener", "at least one, [ { bind = \"0.0.0.0:8080\" } ]");
        }

        Keys.Unique(config.Listeners, l => l.Name, i => $"{Keys.Listener(i)}.name", "the name", problems);
        CheckBinds(config, problems);
        for (int i = 0; i < config.Listeners.Count; i++)
        {
            CheckOne(config.Listeners[i], Keys.Listener(i), problems);
        }
    }

    private static void CheckOne(ListenerConfig listener, string path, ProblemList problems)
    {
        if (listener.Limits.TargetBytes > listener.Limits.HeadBytes)
        {
            problems.Error(
                $"{path}.limits.target",
                "larger than the whole head",
                $"at most {listener.Limits.HeadBytes} (limits.head)");
        }

        if (listener.Protocols.Count == 0)
        {
            problems.Error($"{path}.protocols", "there is no protocol", "[\"http/1.1\"]");
        }

        ListenerTlsValidator.Check(listener, path, problems);

        if (listener.Forwarding.Via.Length > 0 && !FieldText.IsToken(listener.Forwarding.Via))
        {
            problems.Error($"{path}.forwarding.via", "not a token", "letters, digits and !#$%&'*+-.^_`|~");
        }

        if (!AccessLogFormat.TryParse(listener.AccessLog.Format, out _, out string? problem))
        {
            problems.Error($"{path}.access-log.format", problem, "combined, common, json, or a template");
        }

        if (listener.AccessLog is { Enabled: true, Path: "" })
        {
            problems.Error($"{path}.access-log.path", "empty", "a file, or \"-\" for standard output");
        }

        if (listener.AccessLog is { Enabled: true, Path: "-", RotateSize: > 0 })
        {
            problems.Warn($"{path}.access-log.rotate-size", "has no effect on standard output");
        }
    }

    private static void CheckBinds(ProxyConfig config, ProblemList problems)
    {
        var taken = new Dictionary<SocketTarget, string>();
        if (config.Management.Enabled && !IsChosenLater(config.Management.Bind))
        {
            taken[config.Management.Bind] = "proxy.management.bind";
        }

        for (int i = 0; i < config.Listeners.Count; i++)
        {
            string key = $"{Keys.Listener(i)}.bind";
            SocketTarget bind = config.Listeners[i].Bind;
            if (!problems.IsWrong(key) && !IsChosenLater(bind) && !taken.TryAdd(bind, key))
            {
                problems.Error(key, $"the address is taken by {taken[bind]}");
            }
        }
    }

    // Port 0 lets the kernel choose, each time another one.
    private static bool IsChosenLater(SocketTarget bind) => !bind.IsUnix && bind.Port == 0;
}
