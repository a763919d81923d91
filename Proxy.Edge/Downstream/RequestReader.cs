using Proxy.Edge.Buffers;
using Proxy.Edge.Engine;
using Proxy.Edge.Http;
using Proxy.Edge.Http1;
using Proxy.Edge.Relay;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Downstream;

/// <summary>The asking side of an HTTP/1 connection: finds the requests in its input, follows their bodies, and keeps
/// what cannot be used yet. A value inside its connection.</summary>
internal struct RequestReader
{
    /// <summary>Pipelined input kept while an exchange runs; beyond, the client has to wait.</summary>
    public const int MaxHeld = 64 * 1024;

    private BodyReader _body;
    private HeldBytes _held;
    private InputGate _gate;
    private int _scanned;

    /// <summary>The request in hand, or the last one, is complete.</summary>
    public readonly bool BodyDone => _body.IsDone;

    /// <summary>More of a request body is due, and wanted.</summary>
    public readonly bool AwaitsBody => !_body.IsDone && !_gate.BodyPaused;

    /// <summary>What goes right behind the last of a body; see <see cref="BodyReader.Tail"/>.</summary>
    public readonly ReadOnlySpan<byte> BodyTail => _body.Tail;

    public readonly bool HoldsNothing => _held.IsEmpty;

    /// <summary>Another request begins.</summary>
    public void BeginHead() => _scanned = 0;

    /// <summary>Reads the head of one request into the workspace, and what is there of its body; what lies behind it
    /// is held.</summary>
    /// <param name="fault">What is wrong with an invalid one.</param>
    public HeadStatus Read(
        LoopServices services, Http1Limits limits, byte[] buffer, int start, int count, out BodyStep step,
        out ProxyFault fault)
    {
        HeadStatus status = Parse(services, limits, buffer, start, count, out step, out fault);
        if (status == HeadStatus.Complete)
        {
            int used = Used(services, start, step);
            _held.Add(services.Loop.Buffers, buffer, start + used, count - used);
        }

        return status;
    }

    /// <summary>The same with the input that is held. The buffer of the step stays valid until
    /// <see cref="Trim"/>.</summary>
    public HeadStatus ReadHeld(
        LoopServices services, Http1Limits limits, out byte[] buffer, out BodyStep step, out ProxyFault fault)
    {
        buffer = _held.Buffer;
        int start = _held.Start;
        HeadStatus status = Parse(services, limits, buffer, start, _held.Length, out step, out fault);
        if (status == HeadStatus.Complete)
        {
            _held.Take(Used(services, start, step));
        }

        return status;
    }

    /// <summary>Reads more of the body; what lies behind it is held.</summary>
    public BodyStep ReadBody(
        BufferPool buffers, Channel channel, Http1Limits limits, byte[] buffer, int start, int count)
    {
        BodyStep step = _body.Step(buffer, start, count, ChunkedOutput.KeepFraming, limits);
        if (step.Fault == HeadFault.None)
        {
            Hold(buffers, channel, buffer, start + step.Consumed, count - step.Consumed);
        }

        return step;
    }

    /// <summary>Keeps more of the head that is being read, which its limits bound.</summary>
    public void Add(BufferPool buffers, byte[] buffer, int start, int count) =>
        _held.Add(buffers, buffer, start, count);

    /// <summary>Keeps what cannot be read now; the channel is paused when that is too much.</summary>
    public void Hold(BufferPool buffers, Channel channel, byte[] buffer, int start, int count)
    {
        _held.Add(buffers, buffer, start, count);
        if (_held.Length >= MaxHeld)
        {
            _gate.PauseFull(channel);
        }
    }

    /// <summary>Takes everything that is held, which is no request any more. The buffer stays valid until
    /// <see cref="Trim"/>.</summary>
    public (byte[] Buffer, int Start, int Count) TakeHeld()
    {
        (byte[] buffer, int start, int count) = (_held.Buffer, _held.Start, _held.Length);
        _held.Take(count);
        return (buffer, start, count);
    }

    /// <summary>Held input was used: its buffer is given back, the channel is read on, as far as that may be.</summary>
    /// <param name="readsHead">What is held begins a head, which has a limit of its own.</param>
    public void Trim(BufferPool buffers, Channel channel, bool readsHead)
    {
        _held.Trim(buffers);
        if (readsHead || _held.Length < MaxHeld)
        {
            _gate.ResumeFull(channel);
        }
    }

    public void Drop(BufferPool buffers) => _held.Drop(buffers);

    /// <summary>False when it was paused already.</summary>
    public bool PauseBody(Channel channel) => _gate.PauseBody(channel);

    /// <summary>False when it was not paused.</summary>
    public bool ResumeBody(Channel channel) => _gate.ResumeBody(channel);

    /// <summary>Reads on whatever the reasons against it were: what comes is thrown away.</summary>
    public void Open(Channel channel) => _gate.Open(channel);

    private static int Used(LoopServices services, int start, BodyStep step) =>
        services.Workspace.Request.End - start + step.Consumed;

    private HeadStatus Parse(
        LoopServices services, Http1Limits limits, byte[] buffer, int start, int count, out BodyStep step,
        out ProxyFault fault)
    {
        RequestHead head = services.Workspace.Request;
        (step, fault) = (default, ProxyFault.None);
        HeadStatus status = RequestHeadParser.Parse(
            buffer, start, count, ref _scanned, head, limits, out HeadFault wrong);
        if (status == HeadStatus.Invalid)
        {
            fault = RequestFault.Of(wrong);
        }

        if (status != HeadStatus.Complete)
        {
            return status;
        }

        _body.Begin(head);
        step = _body.Step(buffer, head.End, count - (head.End - start), ChunkedOutput.KeepFraming, limits);
        if (step.Fault != HeadFault.None)
        {
            fault = ProxyFault.BadRequest;
            return HeadStatus.Invalid;
        }

        return HeadStatus.Complete;
    }
}
