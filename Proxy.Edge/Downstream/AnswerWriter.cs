using Proxy.Edge.Engine;
using Proxy.Edge.Http;
using Proxy.Edge.Http1;
using Proxy.Edge.Relay;

namespace Proxy.Edge.Downstream;

/// <summary>The answering side of an HTTP/1 connection: frames the response to the request in hand and decides
/// whether the connection goes on after it. A value inside its connection.</summary>
internal struct AnswerWriter
{
    private ResponseFraming _framing;
    private bool _isHead;

    /// <summary>The request came as HTTP/1.0.</summary>
    public bool IsHttp10 { get; private set; }

    /// <summary>Another request may follow on this connection.</summary>
    public bool KeepsAlive { get; set; }

    /// <summary>The client itself ends the connection after this request.</summary>
    public bool ClientCloses { get; private set; }

    /// <summary>A final head was sent.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Only closing shows the client where the body ends.</summary>
    public readonly bool EndsWithConnection => _framing == ResponseFraming.UntilClose;

    /// <summary>The body passes as it is.</summary>
    public readonly bool PassesBody => _framing == ResponseFraming.AsReceived;

    public void Begin(RequestHead head)
    {
        IsHttp10 = head.IsHttp10;
        _isHead = head.Method == Method.Head;
        KeepsAlive = !head.HasClose && (!head.IsHttp10 || head.HasKeepAlive);
        ClientCloses = !KeepsAlive;
        HasBegun = false;
        _framing = ResponseFraming.AsReceived;
    }

    public readonly void SendInterim(Channel channel, LoopServices services, ResponseHead head)
    {
        byte[] scratch = services.Workspace.Scratch;
        int length = IsHttp10 || HasBegun ? -1 : ResponseHeadWriter.WriteInterim(head, scratch);
        if (length > 0)
        {
            channel.Send(scratch, 0, length);
        }
    }

    /// <param name="requestDone">False when the answer comes before the end of the request: what is still coming is
    /// not worth reading for another one.</param>
    public void SendResponse(
        Channel channel, LoopServices services, ResponseHead head, ReadOnlySpan<byte> lines, bool requestDone,
        byte[] buffer, int start, int count, bool done)
    {
        HasBegun = true;
        _framing = ResponseHeadWriter.FramingOf(head, IsHttp10);
        KeepsAlive &= requestDone && !EndsWithConnection && !services.IsDraining;
        byte[] scratch = services.Workspace.Scratch;
        int length = ResponseHeadWriter.Write(
            head, lines, _framing, !KeepsAlive, IsHttp10 && KeepsAlive, services, scratch);
        if (length < 0)
        {
            // Only edits can make a head that passed the limits too long for the scratch buffer.
            channel.Abort();
            return;
        }

        if (_framing == ResponseFraming.Encode)
        {
            (buffer, start, count) = ChunkFrame.Around(buffer, start, count, done);
        }

        ResponseBody.SendWithHead(channel, scratch, length, buffer, start, count);
    }

    public readonly void SendBody(Channel channel, byte[] buffer, int start, int count, bool done)
    {
        if (_framing == ResponseFraming.Encode)
        {
            (buffer, start, count) = ChunkFrame.Around(buffer, start, count, done);
        }

        channel.Send(buffer, start, count);
    }

    public void SendLocal(
        Channel channel, LoopServices services, ListenerProgram listener, scoped in LocalAnswer answer)
    {
        HasBegun = true;
        _framing = ResponseFraming.AsReceived;
        KeepsAlive &= !answer.Close && !services.IsDraining;
        byte[] scratch = services.Workspace.Scratch;
        int length = ResponseHeadWriter.WriteLocal(
            in answer, !KeepsAlive, IsHttp10 && KeepsAlive, services, listener, scratch);
        ResponseBody.SendLocal(channel, services.Loop.Buffers, scratch, length, _isHead ? default : answer.Body);
    }

    /// <summary>The last answer of a connection whose request could not be understood.</summary>
    public void SendLast(
        Channel channel, LoopServices services, ListenerProgram listener, scoped in LocalAnswer answer)
    {
        KeepsAlive = false;
        SendLocal(channel, services, listener, in answer);
    }

    /// <summary>The 101, then bytes of the new protocol.</summary>
    public void SendUpgrade(
        Channel channel, LoopServices services, ResponseHead head, byte[] buffer, int start, int count)
    {
        HasBegun = true;
        byte[] scratch = services.Workspace.Scratch;
        int length = ResponseHeadWriter.WriteUpgrade(head, scratch);
        if (length < 0)
        {
            channel.Abort();
            return;
        }

        ResponseBody.SendWithHead(channel, scratch, length, buffer, start, count);
    }
}
