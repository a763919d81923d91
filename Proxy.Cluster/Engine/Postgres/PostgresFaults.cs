using Npgsql;

namespace Proxy.Cluster.Engine.Postgres;

/// <summary>Exceptions of the database as faults.</summary>
internal static class PostgresFaults
{
    public static bool Knows(Exception problem) =>
        problem is NpgsqlException or IOException or TimeoutException or OperationCanceledException;

    /// <summary>Classes of SQLSTATE: 28 invalid authorization, 3D no such database, 42 no permission or not our
    /// tables.</summary>
    public static EngineFault Of(Exception problem, TimeSpan deadline) => problem switch
    {
        PostgresException { SqlState: var state } refused when state[..2] is "28" or "3D" or "42" =>
            EngineFault.Denied($"{refused.MessageText} (SQLSTATE {state})"),
        PostgresException refused => EngineFault.Unavailable($"{refused.MessageText} (SQLSTATE {refused.SqlState})"),
        TimeoutException or OperationCanceledException => EngineFault.Deadline(deadline),
        _ => EngineFault.Unavailable(problem.InnerException?.Message ?? problem.Message),
    };
}
