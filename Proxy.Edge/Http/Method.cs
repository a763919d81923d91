namespace Proxy.Edge.Http;

/// <summary>Request methods the proxy treats specially (RFC 9110 §9). Anything else is <see cref="Other"/> and is
/// forwarded by its bytes.</summary>
public enum Method : byte
{
    Other,
    Get,
    Head,
    Post,
    Put,
    Delete,
    Connect,
    Options,
    Trace,
    Patch,
}

public static class MethodTraits
{
    /// <summary>Whether a request may be repeated without asking the client (RFC 9110 §9.2.2). Unknown methods may
    /// not.</summary>
    public static bool IsIdempotent(this Method method) =>
        method is Method.Get or Method.Head or Method.Put or Method.Delete or Method.Options or Method.Trace;
}
