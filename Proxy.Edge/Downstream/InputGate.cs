using Proxy.Edge.Engine;

namespace Proxy.Edge.Downstream;

/// <summary>Two reasons not to read from a client: its body is not wanted yet, or too much waits behind the request
/// in hand. It is read again when neither holds. A value inside its connection.</summary>
internal struct InputGate
{
    private bool _full;

    public bool BodyPaused { get; private set; }

    /// <summary>False when it was paused already; likewise for the others.</summary>
    public bool PauseBody(Channel channel)
    {
        if (BodyPaused)
        {
            return false;
        }

        BodyPaused = true;
        channel.Pause();
        return true;
    }

    public bool ResumeBody(Channel channel)
    {
        if (!BodyPaused)
        {
            return false;
        }

        BodyPaused = false;
        ResumeIfOpen(channel);
        return true;
    }

    public void PauseFull(Channel channel)
    {
        _full = true;
        channel.Pause();
    }

    public void ResumeFull(Channel channel)
    {
        if (_full)
        {
            _full = false;
            ResumeIfOpen(channel);
        }
    }

    /// <summary>Reads on whatever the reasons were: what comes is thrown away.</summary>
    public void Open(Channel channel)
    {
        _full = BodyPaused = false;
        channel.Resume();
    }

    private readonly void ResumeIfOpen(Channel channel)
    {
        if (!_full && !BodyPaused)
        {
            channel.Resume();
        }
    }
}
