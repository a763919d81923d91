namespace Proxy.Actors.Config;

/// <summary>The management listener: health of the process, metrics, API.</summary>
public sealed record ManagementConfig
{
    public bool Enabled { get; init; } = true;

    public string Bind { get; init; } = "127.0.0.1:8558";

    /// <summary>What a caller has to present as "Authorization: Bearer …"; empty = nobody is asked.</summary>
    public string Token { get; init; } = "";
}
