namespace Proxy.Edge.Http2;

/// <summary>Identifiers of settings (RFC 9113 §6.5.2, RFC 8441 §3).</summary>
internal static class Settings
{
    public const int HeaderTableSize = 1;
    public const int EnablePush = 2;
    public const int MaxConcurrentStreams = 3;
    public const int InitialWindowSize = 4;
    public const int MaxFrameSize = 5;
    public const int MaxHeaderListSize = 6;
    public const int EnableConnectProtocol = 8;
}
