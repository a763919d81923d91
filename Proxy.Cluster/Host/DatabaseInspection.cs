using Npgsql;
using Proxy.Actors.Config;

namespace Proxy.Cluster.Host;

/// <summary>Whether the connections to databases that a configuration names can be understood. Connects to nothing.
/// </summary>
internal static class DatabaseInspection
{
    private const string Accepted =
        "Npgsql's key=value pairs, such as Host=db;Database=proxy;Username=proxy;Password=…";

    /// <returns>What is wrong.</returns>
    public static IReadOnlyList<string> Look(ClusterConfig cluster)
    {
        var errors = new List<string>();
        if (cluster.Engine == ClusterEngine.Postgres
            || (cluster.Journal is { Provider: JournalProvider.Postgres, Connection: "" }))
        {
            Check("proxy.cluster.postgres.connection", cluster.Postgres.Connection, errors);
        }

        if (cluster.Journal.Provider == JournalProvider.Postgres && cluster.Journal.Connection.Length > 0)
        {
            Check("proxy.cluster.journal.connection", cluster.Journal.Connection, errors);
        }

        return errors;
    }

    private static void Check(string path, string connection, List<string> errors)
    {
        try
        {
            if (string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(connection).Host))
            {
                errors.Add($"{path} = ***: names no Host; accepted: {Accepted}");
            }
        }
        catch (Exception problem) when (problem is ArgumentException or FormatException or InvalidCastException
            or OverflowException)
        {
            // Not its message: a password with a semicolon would be in it.
            errors.Add($"{path} = ***: cannot be understood; accepted: {Accepted}");
        }
    }
}
