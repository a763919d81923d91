namespace Proxy.Edge.Http2;

/// <summary>One stream as its session knows it. Recycled; a reference is good until the handler's OnReset, or until
/// both directions have ended.</summary>
public sealed class Http2Stream
{
    public int Id { get; internal set; }

    /// <summary>0, the most urgent, to 7 (RFC 9218).</summary>
    public int Urgency { get; internal set; }

    public bool IsIncremental { get; internal set; }

    /// <summary>Bytes that could not be sent yet: for lack of window, or because the connection is full.</summary>
    public int UnsentBytes { get; internal set; }

    /// <summary>The peer has ended its direction.</summary>
    public bool IsPeerDone { get; internal set; }

    /// <summary>Our end was written, or waits behind what is unsent.</summary>
    public bool IsOurEndGiven { get; internal set; }

    /// <summary>Client side: the final head of the response has come.</summary>
    internal bool IsAnswered { get; set; }

    public IHttp2StreamHandler Handler { get; internal set; } = null!;

    internal int SendWindow { get; set; }

    internal int ReceiveWindow { get; set; }

    /// <summary>Used by the handler and not yet given back to the peer.</summary>
    internal int Credit { get; set; }

    internal byte[]? Unsent { get; set; }

    internal int UnsentStart { get; set; }

    /// <summary>Trailer lines that wait behind what is unsent.</summary>
    internal byte[]? Trailers { get; set; }

    internal bool IsEndPending { get; set; }

    /// <summary>Not reset, and not ended in both directions.</summary>
    public bool IsOpen { get; internal set; }

    internal bool IsQueued { get; set; }

    internal void Reset(int id, int sendWindow, int receiveWindow)
    {
        Id = id;
        Urgency = 3;
        SendWindow = sendWindow;
        ReceiveWindow = receiveWindow;
        UnsentBytes = UnsentStart = Credit = 0;
        IsIncremental = IsPeerDone = IsOurEndGiven = IsEndPending = IsQueued = false;
        IsAnswered = false;
        Trailers = null;
        IsOpen = true;
    }
}
