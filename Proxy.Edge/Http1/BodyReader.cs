using Proxy.Edge.Http;

namespace Proxy.Edge.Http1;

/// <summary>What <see cref="BodyReader.Step"/> found in a piece of input.</summary>
/// <param name="Consumed">Bytes of the input that belong to this message.</param>
/// <param name="Produced">Bytes to pass on, at the same start as the input (compacted in place).</param>
/// <param name="Done">The message is complete.</param>
public readonly record struct BodyStep(int Consumed, int Produced, bool Done, HeadFault Fault);

/// <summary>Follows one message body to its end (RFC 9112 §6, §7). A value inside its connection.</summary>
public struct BodyReader
{
    private ChunkedDecoder _chunked;

    public BodyKind Kind { get; private set; }

    /// <summary>Bytes still to come of a body with a known length.</summary>
    public long Remaining { get; private set; }

    public bool IsDone { get; private set; }

    public void Begin(MessageHead head)
    {
        Kind = head.Body;
        Remaining = head.ContentLength;
        IsDone = Kind == BodyKind.None || (Kind == BodyKind.Length && Remaining == 0);
        if (Kind == BodyKind.Chunked)
        {
            _chunked = default;
        }
    }

    public BodyStep Step(byte[] buffer, int start, int count, ChunkedOutput output, Http1Limits limits)
    {
        if (IsDone)
        {
            return new BodyStep(0, 0, true, HeadFault.None);
        }

        switch (Kind)
        {
            case BodyKind.Length:
                int take = (int)Math.Min(Remaining, count);
                Skip(take);
                return new BodyStep(take, take, IsDone, HeadFault.None);
            case BodyKind.UntilClose:
                return new BodyStep(count, count, false, HeadFault.None);
            default:
                if (count == 0)
                {
                    return default;
                }

                ChunkedStep step = _chunked.Step(buffer.AsSpan(start, count), output, limits);
                IsDone = step.Done;
                return new BodyStep(step.Consumed, step.Produced, step.Done, step.Fault);
        }
    }

    /// <summary>Counts bytes of a body with a known length that were moved without being shown.</summary>
    public void Skip(long count)
    {
        Remaining -= count;
        IsDone = Remaining == 0;
    }

    /// <summary>Output of the step that ended the body which found no room in its data (trailers that came in pieces):
    /// to be sent right behind it.</summary>
    public readonly ReadOnlySpan<byte> Tail => Kind == BodyKind.Chunked ? _chunked.Tail : default;

    /// <summary>The connection ended, which completes a body that lasts until then.</summary>
    public readonly bool EndsWithConnection => Kind == BodyKind.UntilClose;
}
