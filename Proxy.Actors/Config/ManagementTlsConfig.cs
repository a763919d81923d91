namespace Proxy.Actors.Config;

/// <summary>Management over HTTPS.</summary>
public sealed record ManagementTlsConfig
{
    /// <summary>PEM files; read again when they change.</summary>
    public string Certificate { get; init; } = "";

    public string Key { get; init; } = "";

    /// <summary>PEM bundle of the authorities whose certificates callers must present; empty = nobody has to.</summary>
    public string ClientCaFile { get; init; } = "";
}
