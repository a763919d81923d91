namespace Proxy.Edge.Http1;

/// <summary>Answer of a head parser.</summary>
public enum HeadStatus : byte
{
    /// <summary>Everything so far is fine; call again with more bytes.</summary>
    Incomplete,

    /// <summary>The head is filled in.</summary>
    Complete,

    /// <summary>The message must be refused and the connection closed; the head's content is undefined.</summary>
    Invalid,
}
