using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Proxy.Cluster.Peers.Transport;

/// <summary>A connected socket that never makes a thread wait. What cannot be done at once goes on in the loop's
/// thread, and so does the code that waits for it. One reader and one writer at a time.</summary>
internal sealed class LoopStream : Stream
{
    /// <summary>Then the loop looks after the others first, for a peer may read as fast as this node writes.</summary>
    private const int MaxWritesInARow = 32;

    private readonly Lock _lock = new();
    private readonly PeerLoop _loop;
    private readonly Socket _socket;
    private readonly Pending _reading;
    private readonly Pending _writing;
    private Memory<byte> _into;
    private ReadOnlyMemory<byte> _from;
    private int _writesInARow;
    private bool _isConnecting;
    private bool _isDisposed;

    /// <param name="socket">Now this stream's. Nothing else may have been done with it asynchronously.</param>
    public LoopStream(PeerLoop loop, Socket socket)
    {
        (_loop, _socket, _reading, _writing) = (loop, socket, new Pending(_lock), new Pending(_lock));
        socket.Blocking = false;
        socket.NoDelay = true;
        Descriptor = (int)socket.Handle;
        loop.Add(this);
    }

    /// <summary>Open as long as the loop knows this stream.</summary>
    public int Descriptor { get; }

    public bool WaitsToRead => _reading.IsWaiting;

    public bool WaitsToWrite => _writing.IsWaiting;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="SocketException">No address of that name took the call.</exception>
    public static async Task<LoopStream> ConnectAsync(
        PeerLoop loop, PeerAddress address, CancellationToken cancellation)
    {
        SocketException refusal = new((int)SocketError.HostNotFound);
        foreach (IPAddress one in await Dns.GetHostAddressesAsync(address.Host, cancellation))
        {
            var stream = new LoopStream(loop, new Socket(one.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
            try
            {
                await stream.ConnectAsync(new IPEndPoint(one, address.Port), cancellation);
                return stream;
            }
            catch (SocketException error)
            {
                await stream.DisposeAsync();
                refusal = error;
            }
            catch
            {
                await stream.DisposeAsync();
                throw;
            }
        }

        throw refusal;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return new ValueTask<int>(0);
        }

        ValueTask<int> wait;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            // Always by way of the loop: a peer that sends without end must not keep it from the others.
            _into = buffer;
            wait = new ValueTask<int>(_reading, _reading.Begin(cancellationToken));
        }

        _loop.Wake();
        return wait;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ValueTask wait;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _from = buffer;
            if (++_writesInARow < MaxWritesInARow && TrySendAll(out Exception? error))
            {
                return error is null ? default : ValueTask.FromException(error);
            }

            wait = new ValueTask(_writing, _writing.Begin(cancellationToken));
        }

        _loop.Wake();
        return wait;
    }

    /// <summary>Loop's thread: something can be done with the socket.</summary>
    public void OnReady()
    {
        int count = 0;
        Exception? readError = null;
        Exception? writeError = null;
        bool hasRead;
        bool hasWritten;
        lock (_lock)
        {
            _writesInARow = 0;
            hasRead = !_isDisposed && _reading.IsWaiting && TryReceive(_into.Span, out count, out readError)
                && _reading.TryEnd();
            hasWritten = !_isDisposed && _writing.IsWaiting && TrySendAll(out writeError) && _writing.TryEnd();
        }

        // Without the lock: what waited for it goes on right here.
        if (hasRead)
        {
            _reading.Complete(count, readError);
        }

        if (hasWritten)
        {
            _writing.Complete(0, writeError);
        }
    }

    /// <summary>Nothing more is sent; what was sent still arrives.</summary>
    public void EndSending()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // It is gone already, which is what was wanted.
        }
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            var closed = new ObjectDisposedException(nameof(LoopStream));
            lock (_lock)
            {
                _isDisposed = true;
                _reading.Abandon(closed);
                _writing.Abandon(closed);
            }

            _loop.Remove(this);
            _socket.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask ConnectAsync(IPEndPoint address, CancellationToken cancellation)
    {
        try
        {
            _socket.Connect(address);
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            _isConnecting = true;
            await WriteAsync(ReadOnlyMemory<byte>.Empty, cancellation);
            if (_socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is int code and not 0)
            {
                throw new SocketException(code);
            }
        }
    }

    /// <summary>False: nothing has come yet.</summary>
    private bool TryReceive(Span<byte> into, out int count, out Exception? error)
    {
        count = _socket.Receive(into, SocketFlags.None, out SocketError code);
        error = code is SocketError.Success or SocketError.WouldBlock ? null : Broken(code);
        return code != SocketError.WouldBlock;
    }

    /// <summary>False: not all could be sent.</summary>
    private bool TrySendAll(out Exception? error)
    {
        error = null;
        if (_isConnecting)
        {
            // The first time the answer is still on its way; then the socket is writable or broken.
            _isConnecting = false;
            return false;
        }

        while (!_from.IsEmpty)
        {
            int sent = _socket.Send(_from.Span, SocketFlags.None, out SocketError code);
            _from = _from[sent..];
            if (code == SocketError.WouldBlock)
            {
                return false;
            }

            if (code != SocketError.Success)
            {
                error = Broken(code);
                return true;
            }
        }

        return true;
    }

    private static IOException Broken(SocketError code)
    {
        var inner = new SocketException((int)code);
        return new IOException(inner.Message, inner);
    }

    /// <summary>One read or write that waits. Whoever ends it first, the socket, a cancellation or the end of the
    /// stream, is the one that counts.</summary>
    /// <param name="stream">The stream's lock: whoever holds it may use the buffer.</param>
    private sealed class Pending(Lock stream) : IValueTaskSource<int>, IValueTaskSource
    {
        private ManualResetValueTaskSourceCore<int> _core;
        private CancellationTokenRegistration _cancellation;
        private int _waiting;

        public bool IsWaiting => Volatile.Read(ref _waiting) != 0;

        public short Begin(CancellationToken cancellation)
        {
            _core.Reset();
            _core.RunContinuationsAsynchronously = false;
            Volatile.Write(ref _waiting, 1);
            if (cancellation.CanBeCanceled)
            {
                _cancellation = cancellation.UnsafeRegister(
                    static (state, token) => ((Pending)state!).Abandon(new OperationCanceledException(token)), this);
            }

            return _core.Version;
        }

        public bool TryEnd() => Interlocked.Exchange(ref _waiting, 0) != 0;

        /// <summary>After <see cref="TryEnd"/> said so.</summary>
        public void Complete(int count, Exception? error)
        {
            _cancellation.Unregister();
            if (error is null)
            {
                _core.SetResult(count);
            }
            else
            {
                _core.SetException(error);
            }
        }

        /// <summary>Any thread, perhaps under the mesh's lock: who waits goes on elsewhere.</summary>
        public void Abandon(Exception why)
        {
            lock (stream)
            {
                if (TryEnd())
                {
                    _core.RunContinuationsAsynchronously = true;
                    Complete(0, why);
                }
            }
        }

        int IValueTaskSource<int>.GetResult(short token) => _core.GetResult(token);

        void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

        public void OnCompleted(
            Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _core.OnCompleted(continuation, state, token, flags);
    }
}
