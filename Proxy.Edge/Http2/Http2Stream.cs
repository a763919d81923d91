namespace Proxy.Edge.Http2;

/// <summary>One stream as its session knows it.</summary>
public sealed class Http2Stream
{
}
