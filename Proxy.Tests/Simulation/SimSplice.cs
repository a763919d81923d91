namespace Proxy.Tests.Simulation;

/// <summary>A known number of bytes on their way from one channel to another without the handlers seeing them.
/// Belongs to the source's turn, like the kernel pipe it stands for.</summary>
internal sealed class SimSplice(SimChannel source, SimChannel target, long count, int capacity)
{
    private readonly byte[] _pipe = new byte[capacity];
    private long _left = count;
    private int _start;
    private bool _ended;

    public SimChannel Source { get; } = source;

    public SimChannel Target { get; } = target;

    /// <summary>Bytes taken from the source and not yet by the target.</summary>
    public int InFlight { get; private set; }

    public void Pump()
    {
        if (Target.KeptBytes > 0)
        {
            return;
        }

        long moved = 0;
        while (_left > 0 || InFlight > 0)
        {
            if (InFlight == 0)
            {
                int taken = Source.In!.Read(_pipe.AsSpan(0, (int)Math.Min(_left, _pipe.Length)));
                (_start, InFlight) = (0, taken);
                _left -= taken;
                if (taken == 0)
                {
                    break;
                }
            }

            int written = Target.Out!.Write(_pipe.AsSpan(_start, InFlight));
            Target.CountSpliced(written);
            _start += written;
            InFlight -= written;
            moved += written;
            if (written == 0)
            {
                break;
            }
        }

        bool done = _left == 0 && InFlight == 0;
        if (done || (InFlight == 0 && (Source.In!.EndArrived || Source.In.ResetArrived)))
        {
            Cancel();
            Source.Enqueue();
        }

        if (moved > 0 && Source.IsOpen)
        {
            Source.Handler.OnSpliced(moved, done);
        }
    }

    public void Cancel()
    {
        if (!_ended)
        {
            _ended = true;
            Source.SpliceEnded();
        }
    }
}
