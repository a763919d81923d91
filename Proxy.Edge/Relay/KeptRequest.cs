using Proxy.Edge.Buffers;
using Proxy.Edge.Http;
using Proxy.Edge.Http1;
using Proxy.Edge.Routing;
using Proxy.Edge.Snapshot;

namespace Proxy.Edge.Relay;

/// <summary>Copy of a request as long as it may have to be sent again, and of its head for the access log. The copy
/// of a usual head costs about ten nanoseconds; that is the whole price of transparent retries.</summary>
internal sealed class KeptRequest
{
    private byte[]? _head;
    private byte[]? _body;
    private int _headLength;

    public ReadOnlySpan<byte> Head => _head.AsSpan(0, _headLength);

    public byte[] Body => _body ?? [];

    public int BodyCount { get; private set; }

    /// <summary>Everything received so far is here.</summary>
    public bool IsWhole { get; private set; }

    public void Keep(BufferPool buffers, RequestHead head)
    {
        _headLength = head.Length;
        _head = buffers.Rent(_headLength);
        Buffer.BlockCopy(head.Buffer, head.Start, _head, 0, _headLength);
        IsWhole = true;
        BodyCount = 0;
    }

    /// <summary>Adds body bytes; false, and nothing is kept any more, when they do not fit into
    /// <paramref name="limit"/>.</summary>
    public bool KeepBody(BufferPool buffers, byte[] buffer, int start, int count, int limit)
    {
        if (!IsWhole || count == 0)
        {
            return IsWhole;
        }

        if (BodyCount + (long)count > limit)
        {
            DropBody(buffers);
            return false;
        }

        if (_body is null || BodyCount + count > _body.Length)
        {
            byte[] larger = buffers.Rent(BodyCount + count);
            if (_body is not null)
            {
                Buffer.BlockCopy(_body, 0, larger, 0, BodyCount);
                buffers.Return(_body);
            }

            _body = larger;
        }

        Buffer.BlockCopy(buffer, start, _body, BodyCount, count);
        BodyCount += count;
        return true;
    }

    /// <summary>The body has reached an origin: more than this is not kept for another try.</summary>
    public void Limit(BufferPool buffers, int most)
    {
        if (BodyCount > most)
        {
            DropBody(buffers);
        }
    }

    /// <summary>The request will not be sent again.</summary>
    public void DropBody(BufferPool buffers)
    {
        IsWhole = false;
        BodyCount = 0;
        if (_body is not null)
        {
            buffers.Return(_body);
            _body = null;
        }
    }

    public void Drop(BufferPool buffers)
    {
        DropBody(buffers);
        if (_head is not null)
        {
            buffers.Return(_head);
            _head = null;
        }
    }

    /// <summary>Parses the kept head again and brings its path into normal form.</summary>
    public bool TryReparse(RequestHead head, ListenerPlan plan, Span<byte> scratch, out NormalizedPath path)
    {
        path = default;
        return TryReparse(head, plan.Limits)
            && PathNormalizer.Normalize(head.Path, plan.PathPolicy, scratch, out path) == PathVerdict.Ok;
    }

    /// <summary>Whether it asks for a change to this protocol.</summary>
    public bool AsksFor(ReadOnlySpan<byte> protocol, RequestHead head, Http1Limits limits) =>
        TryReparse(head, limits) && System.Text.Ascii.EqualsIgnoreCase(head.Value(HeaderId.Upgrade), protocol);

    /// <summary>Parses the kept head again, into the loop's own head.</summary>
    public bool TryReparse(RequestHead head, Http1Limits limits)
    {
        int scanned = 0;
        return RequestHeadParser.Parse(_head!, 0, _headLength, ref scanned, head, limits, out _) == HeadStatus.Complete;
    }
}
