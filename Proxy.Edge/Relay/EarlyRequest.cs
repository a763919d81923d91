using Proxy.Edge.Http;

namespace Proxy.Edge.Relay;

/// <summary>What is done about a request that came as early data (RFC 8470): it may be a repetition of what somebody
/// else sent, until its client has finished the handshake. A value inside its exchange.</summary>
internal struct EarlyRequest
{
    /// <summary>Early-Data: 1 was added to the request for its origin; from then on for every one that it is tried
    /// with (RFC 8470 §5.1).</summary>
    public bool IsMarked { get; private set; }

    /// <summary>Nothing is done until the handshake is.</summary>
    private bool IsWaiting { get; set; }

    private static ReadOnlySpan<byte> FieldName => "Early-Data"u8;

    public static ReadOnlySpan<byte> Line => "Early-Data: 1\r\n"u8;

    /// <summary>Whether the request has to wait because a repetition might do something.</summary>
    public bool MustWait(IClientStream client, RequestHead head, bool bodyDone) => IsWaiting =
        client.IsEarly
        && !(head.Method is Method.Get or Method.Head or Method.Options
            && head.Body == BodyKind.None && bodyDone && !head.HasUpgrade);

    /// <summary>A field that somebody before us has set stays as it is, whoever that was: it can only make origins more
    /// careful.</summary>
    public void OnForward(IClientStream client, RequestHead head) =>
        IsMarked |= client.IsEarly && head.IndexOf(FieldName) < 0;

    /// <summary>An answer 425 to a request whose client does not know that it was early: it is asked again behind the
    /// handshake (RFC 8470 §5.2). False when the answer is to be passed on.</summary>
    public bool AsksAgain(int status)
    {
        if (!IsMarked || status != 425)
        {
            return false;
        }

        IsMarked = false;
        IsWaiting = true;
        return true;
    }

    /// <summary>The handshake is done. False when nobody waits for that.</summary>
    public bool GoOn()
    {
        bool waited = IsWaiting;
        IsWaiting = false;
        return waited;
    }
}
