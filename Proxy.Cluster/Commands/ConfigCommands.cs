using Proxy.Actors.Config;
using Proxy.Actors.Hocon;
using Proxy.Cluster.Certificates;
using Proxy.Cluster.Host;

namespace Proxy.Cluster.Commands;

/// <summary>Commands that only look at configuration files.</summary>
internal static class ConfigCommands
{
    public static int Check(string file, TextWriter output, TextWriter errors)
    {
        ConfigLoading loading = ConfigLoader.Load(file);
        foreach (ConfigProblem problem in loading.Errors)
        {
            errors.WriteLine($"error: {problem}");
        }

        foreach (ConfigProblem warning in loading.Warnings)
        {
            errors.WriteLine($"warning: {warning}");
        }

        if (loading.Config is not { } config)
        {
            errors.WriteLine($"{file}: {loading.Errors.Count} errors, {loading.Warnings.Count} warnings");
            return 2;
        }

        TlsFindings findings = ConfigInspection.Look(config, file, TimeProvider.System);
        foreach (string error in findings.Errors)
        {
            errors.WriteLine($"error: {file}: {error}");
        }

        foreach (string warning in findings.Warnings)
        {
            errors.WriteLine($"warning: {file}: {warning}");
        }

        int warnings = loading.Warnings.Count + findings.Warnings.Count;
        if (findings.Errors.Count > 0)
        {
            errors.WriteLine($"{file}: {findings.Errors.Count} errors, {warnings} warnings");
            return 2;
        }

        output.WriteLine(
            $"{file}: good; {config.Listeners.Count} listeners, {config.Routes.Count} routes, "
            + $"{config.Pools.Count} pools, {warnings} warnings");
        return 0;
    }

    public static int Resolve(string file, TextWriter output, TextWriter errors)
    {
        HoconResult result = HoconDocument.ParseFile(file);
        if (!result.Ok)
        {
            return Fail(result.Errors, errors);
        }

        output.WriteLine(HoconJson.Write(result.Value!, indented: true));
        return 0;
    }

    public static int Parse(string file, TextWriter errors)
    {
        HoconLoad load = HoconDocument.LoadFile(file);
        return load.Ok ? 0 : Fail(load.Errors, errors);
    }

    private static int Fail(IEnumerable<HoconError> problems, TextWriter errors)
    {
        foreach (HoconError problem in problems)
        {
            errors.WriteLine(problem);
        }

        return 1;
    }
}
