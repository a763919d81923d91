using System.Collections.Concurrent;
using Proxy.Cluster.Sqlite;

namespace Proxy.Cluster.Engine;

/// <summary>What a <see cref="WriterQueue{TTurn}"/> writes to. Only the queue's thread comes here. Any method may throw
/// a <see cref="SqliteException"/>.</summary>
internal interface IWriterFile<TTurn> : IDisposable
{
    /// <summary>A turn begins: what its calls work with.</summary>
    TTurn BeginTurn();

    /// <summary>Returns when what the calls wrote survives a power cut.</summary>
    void CommitTurn(TTurn turn);

    /// <summary>Nothing of the turn is kept.</summary>
    void AbandonTurn();
}

/// <summary>A thread that has a file. Takes the calls that wait, carries them out, commits once, and only then answers:
/// nobody ever sees what a power cut could take back. When the disk fails, the calls of that turn fail. Calls come from
/// any thread.</summary>
internal sealed class WriterQueue<TTurn> : IAsyncDisposable
{
    // More than the largest commit burst of a node by far; beyond it somebody runs away.
    private const int MaxWaiting = 4096;
    private const int MaxCallsPerTurn = 256;

    private readonly BlockingCollection<WriterCall<TTurn>> _waiting = new(MaxWaiting);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IWriterFile<TTurn> _file;
    private readonly string _name;
    private readonly TimeSpan _deadline;
    private readonly TimeProvider _time;

    /// <param name="file">Closed at the end.</param>
    /// <param name="name">Of the thread and in messages: "engine".</param>
    /// <param name="deadline">Of every call.</param>
    public WriterQueue(IWriterFile<TTurn> file, string name, TimeSpan deadline, TimeProvider time)
    {
        (_file, _name, _deadline, _time) = (file, name, deadline, time);
        new Thread(Run) { IsBackground = true, Name = name }.Start();
    }

    public async ValueTask<EngineResult<T>> CallAsync<T>(
        Func<TTurn, EngineResult<T>> work, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var call = new WriterCall<TTurn, T>(work);
        if (!TryEnqueue(call))
        {
            return EngineFault.Unavailable($"too many calls are waiting, or the {_name} is closed");
        }

        try
        {
            return await call.Result.WaitAsync(_deadline, _time, cancellation);
        }
        catch (TimeoutException)
        {
            call.TryTake();
            return EngineFault.Deadline(_deadline);
        }
        catch (OperationCanceledException)
        {
            call.TryTake();
            throw;
        }
    }

    /// <summary>For calls that nobody waits for. False when too much is waiting or the queue is closed.</summary>
    public bool TryEnqueue(WriterCall<TTurn> call)
    {
        try
        {
            return _waiting.TryAdd(call);
        }
        catch (InvalidOperationException)
        {
            return false; // Closed.
        }
    }

    /// <summary>What waits is carried out first.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.CompleteAdding();
        await _ended.Task;
    }

    private void Run()
    {
        var calls = new List<WriterCall<TTurn>>(MaxCallsPerTurn);
        foreach (WriterCall<TTurn> first in _waiting.GetConsumingEnumerable())
        {
            calls.Add(first);
            while (calls.Count < MaxCallsPerTurn && _waiting.TryTake(out WriterCall<TTurn>? next))
            {
                calls.Add(next);
            }

            calls.RemoveAll(static call => !call.TryTake());
            RunTurn(calls);
            calls.Clear();
        }

        _file.Dispose();
        _ended.SetResult();
    }

    private void RunTurn(List<WriterCall<TTurn>> calls)
    {
        try
        {
            TTurn turn = _file.BeginTurn();
            calls.ForEach(call => call.CarryOut(turn));
            _file.CommitTurn(turn);
            calls.ForEach(static call => call.Answer());
        }
        catch (SqliteException problem)
        {
            _file.AbandonTurn();
            calls.ForEach(call => call.Fail(EngineFault.Unavailable(problem.Message)));
        }
    }
}
