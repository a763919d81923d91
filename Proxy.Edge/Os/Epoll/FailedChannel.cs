using Proxy.Edge.Engine;

namespace Proxy.Edge.Os.Epoll;

/// <summary>Stands for a connection that failed while it was being made, until its handler is told in the next
/// turn.</summary>
internal sealed class FailedChannel(ChannelError error) : Channel, ILoopTask
{
    public override int UnsentBytes => 0;

    public void Run()
    {
        if (IsOpen)
        {
            IsOpen = false;
            Handler.OnFailed(error);
        }
    }

    public override void Send(byte[] buffer, int offset, int count)
    {
    }

    public override void Pause()
    {
    }

    public override void Resume()
    {
    }

    public override bool SpliceTo(Channel target, long count) => false;

    public override void ShutdownSend()
    {
    }

    public override void CloseAfterFlush() => IsOpen = false;

    public override void Close() => IsOpen = false;

    public override void Abort() => IsOpen = false;

    public override bool HasUnreadInput() => true;
}
