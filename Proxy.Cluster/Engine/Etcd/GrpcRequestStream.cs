using System.Net;
using System.Threading.Channels;

namespace Proxy.Cluster.Engine.Etcd;

/// <summary>The request half of a stream in both directions: what is sent goes out at once, one message a frame.
/// </summary>
internal sealed class GrpcRequestStream : HttpContent
{
    private readonly Channel<byte[]> _frames = Channel.CreateUnbounded<byte[]>();

    public void Send(ProtoWriter message) => _frames.Writer.TryWrite(GrpcFrames.Frame(message.Written.Span));

    /// <summary>Ends our half.</summary>
    public void End() => _frames.Writer.TryComplete();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await foreach (byte[] frame in _frames.Reader.ReadAllAsync(cancellationToken))
        {
            await stream.WriteAsync(frame, cancellationToken);
            await stream.FlushAsync(cancellationToken);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        End();
        base.Dispose(disposing);
    }
}
