namespace Proxy.Cluster.Engine.Etcd;

/// <summary>How to reach the members of an etcd cluster. Their own settings that go with this: pre-vote on (must be
/// given on 3.4), heartbeat 100 ms, election 1000 ms, auto-compaction 1 h.</summary>
internal sealed record EtcdOptions
{
    /// <summary>http: or https: with host and port; tried in this order and then in turn.</summary>
    public required IReadOnlyList<Uri> Endpoints { get; init; }

    /// <summary>Of every call, with all its attempts. Longer than a hiccup of the disk, shorter than an election
    /// (1 to 2 s): during that, calls fail and the caller tries again.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromMilliseconds(800);

    /// <summary>After that much silence a watch asks its member for a sign of life; after three times that it goes to
    /// another member. HTTP/2 pings would be refused below 5 s (ENHANCE_YOUR_CALM).</summary>
    public TimeSpan WatchPatience { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Between attempts of a watch to connect, rising to ten times that.</summary>
    public TimeSpan Backoff { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Of https endpoints.</summary>
    public EtcdTls Tls { get; init; } = EtcdTls.System;

    /// <summary>Empty: without a log-in.</summary>
    public string User { get; init; } = "";

    public string Password { get; init; } = "";

    // A record would print the password.
    public override string ToString() => string.Join(',', Endpoints);
}
