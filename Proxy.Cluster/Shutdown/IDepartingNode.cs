namespace Proxy.Cluster.Shutdown;

/// <summary>What the node can do about leaving. Called one at a time.</summary>
internal interface IDepartingNode
{
    /// <summary>How long a leaving node goes on accepting, for those who have yet to hear that it is not
    /// ready.</summary>
    TimeSpan Grace { get; }

    /// <summary>How long requests under way may take.</summary>
    TimeSpan Limit { get; }

    /// <param name="reason">Why the node is not ready; null = it is.</param>
    void TellReady(string? reason);

    /// <summary>Answers say "close", HTTP/2 says GOAWAY, idle connections end.</summary>
    Task SendClientsAwayAsync();

    Task WelcomeClientsAsync();

    /// <summary>Takes what waits in the queues of the listening sockets, then closes them.</summary>
    Task StopAcceptingAsync();

    /// <summary>Completes when the last connection has ended. What is left after the limit is cut off; called again,
    /// the new limit holds.</summary>
    Task FinishRequestsAsync(TimeSpan limit);

    void Log(string what);

    void LogLeaving(string reason, TimeSpan limit);

    void LogTrouble(string what, string problem);
}
