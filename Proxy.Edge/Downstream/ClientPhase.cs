namespace Proxy.Edge.Downstream;

/// <summary>Where a client connection stands.</summary>
internal enum ClientPhase : byte
{
    /// <summary>Between requests.</summary>
    Idle,

    /// <summary>Part of a head is there.</summary>
    Head,

    /// <summary>A request is with its exchange.</summary>
    Exchange,

    /// <summary>Upgraded: bytes pass unread.</summary>
    Tunnel,

    /// <summary>After the last answer: what still comes is thrown away.</summary>
    Lingering,

    Closed,
}
