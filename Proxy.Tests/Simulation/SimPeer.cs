namespace Proxy.Tests.Simulation;

/// <summary>What a peer of the proxy does about what it reads.</summary>
internal interface ISimScript
{
    void OnBytes(ReadOnlySpan<byte> bytes);

    /// <summary>The proxy ended its direction; everything before was read.</summary>
    void OnEnd();

    void OnReset();
}

/// <summary>The far end of a connection to the proxy: sends what it is told, step by step, and reads at the pace it
/// is given.</summary>
internal sealed class SimPeer(SimLoop loop, long number) : ISimEnd
{
    private readonly Queue<Step> _steps = new();
    private readonly byte[] _piece = new byte[16 * 1024];
    private int _written;
    private bool _waits;
    private bool _waited;
    private bool _blocked;
    private bool _reading;
    private bool _ended;
    private int _wait;

    private enum Act : byte
    {
        Data,
        End,
        Close,
        Reset,
    }

    public SimPipe In { get; set; } = null!;

    public SimPipe Out { get; set; } = null!;

    public ISimScript Script { get; set; } = null!;

    public bool IsConnected { get; set; }

    /// <summary>Closed by us, or reset by the proxy.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Most bytes read at a time; 0 = reads nothing more.</summary>
    public int ReadBytes { get; set; } = int.MaxValue;

    /// <summary>Microseconds between two reads.</summary>
    public long ReadPause { get; set; }

    /// <summary>Everything was handed to the kernel.</summary>
    public bool IsIdle => _steps.Count == 0;

    /// <summary>Sends after everything before, <paramref name="delay"/> microseconds later.</summary>
    public void Send(byte[] bytes, long delay = 0) => Add(new Step(Act.Data, bytes, delay));

    public void End(long delay = 0) => Add(new Step(Act.End, [], delay));

    public void Close(long delay = 0) => Add(new Step(Act.Close, [], delay));

    public void Reset(long delay = 0) => Add(new Step(Act.Reset, [], delay));

    /// <summary>Ends the delay that is running.</summary>
    public void Hurry()
    {
        if (_waits)
        {
            EndWait(_wait);
        }
    }

    /// <summary>Forgets what was to be sent and resets.</summary>
    public void Abort()
    {
        _steps.Clear();
        CloseNow(reset: true);
    }

    public void OnInput()
    {
        if (!_reading && !IsClosed)
        {
            _reading = true;
            loop.After(ReadPause, Read);
        }
    }

    public void OnRoom()
    {
        _blocked = false;
        Pump();
    }

    private void Add(Step step)
    {
        _steps.Enqueue(step);
        Pump();
    }

    private void Pump()
    {
        while (!IsClosed && !_blocked && !_waits && _steps.TryPeek(out Step step))
        {
            if (step.Delay > 0 && !_waited)
            {
                _waits = true;
                int wait = ++_wait;
                loop.After(step.Delay, () => EndWait(wait));
                return;
            }

            if (step.Act == Act.Data)
            {
                _written += Out.Write(step.Bytes.AsSpan(_written));
                if (_written < step.Bytes.Length)
                {
                    _blocked = true;
                    return;
                }

                _written = 0;
            }

            _steps.Dequeue();
            _waited = false;
            Perform(step.Act);
        }
    }

    private void Perform(Act act)
    {
        switch (act)
        {
            case Act.End:
                Out.End();
                break;
            case Act.Close or Act.Reset:
                CloseNow(act == Act.Reset);
                break;
            default:
                break;
        }
    }

    private void EndWait(int wait)
    {
        if (_waits && wait == _wait)
        {
            _waits = false;
            _waited = true;
            Pump();
        }
    }

    private void CloseNow(bool reset)
    {
        if (!IsClosed)
        {
            IsClosed = true;
            SimConnection.CloseEnd(In, Out, reset);
        }
    }

    private void Read()
    {
        _reading = false;
        if (IsClosed)
        {
            return;
        }

        if (In.ResetArrived)
        {
            IsClosed = true;
            loop.Note(number, -2);
            Script.OnReset();
            return;
        }

        int most = Math.Min(Math.Min(ReadBytes, In.Arrived), _piece.Length);
        if (most > 0)
        {
            int count = In.Read(_piece.AsSpan(0, most));
            loop.Note(-number, count);
            Script.OnBytes(_piece.AsSpan(0, count));
            if (In.Arrived > 0 || In.EndArrived)
            {
                OnInput();
            }
        }
        else if (In.Arrived == 0 && In.EndArrived && !_ended)
        {
            _ended = true;
            loop.Note(number, -3);
            Script.OnEnd();
        }
    }

    private readonly record struct Step(Act Act, byte[] Bytes, long Delay);
}
