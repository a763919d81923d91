using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Proxy.Tests.Kit;

/// <summary>Clients that ask all the time and know what each answer has to be. Every request has a number of its own,
/// which an origin made by <see cref="Origin"/> repeats, so that a mixed-up answer shows.</summary>
internal sealed class Load : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _clients = [];
    private readonly ConcurrentQueue<string> _failures = [];
    private readonly ConcurrentDictionary<string, int> _byOrigin = [];
    private readonly int _port;
    private readonly int _atMost;
    private readonly string _keys;
    private int _asked;
    private int _answered;

    /// <param name="atMost">Requests after which the clients stop by themselves.</param>
    /// <param name="fresh">Every request comes on a connection of its own.</param>
    public Load(int port, int clients, int atMost = int.MaxValue, bool fresh = false)
    {
        _keys = fresh ? "Connection: close\r\n" : "";
        _port = port;
        _atMost = atMost;
        for (var i = 0; i < clients; i++)
        {
            _clients.Add(Task.Run(AskAsync));
        }
    }

    public int Answered => Volatile.Read(ref _answered);

    public IReadOnlyCollection<string> Failures => _failures;

    public static ScriptedOrigin Origin(string name) =>
        new ScriptedOrigin().Serve(request => request.Target == "/health"
        ? Answer.Ok("fine")
        : Answer.Ok(Expected(name, request.Target)));

    public int AnsweredBy(string name) => _byOrigin.GetValueOrDefault(name);

    /// <summary>Waits until so many more answers have come.</summary>
    public async Task GoOnForAsync(int answers)
    {
        var until = Answered + answers;
        await Eventually.IsTrueAsync(
            () => Answered >= until || !_failures.IsEmpty, () => $"{until} answers, only {Answered} came",
            TimeSpan.FromSeconds(60));
    }

    /// <summary>Waits until every request was asked and answered.</summary>
    public Task FinishAsync() => Task.WhenAll(_clients);

    /// <summary>Ends the clients; fails when one answer was missing or wrong.</summary>
    public async Task AssertNothingFailedAsync()
    {
        await _stop.CancelAsync();
        await FinishAsync();
        Assert.True(
            _failures.IsEmpty, $"{_failures.Count} of {Answered} failed:\n" + string.Join("\n", _failures.Take(10)));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await FinishAsync();
        _stop.Dispose();
    }

    private static string Expected(string name, string target) =>
        $"{name} {target} " + new string((char)('a' + (target.Length + target[^1]) % 26), 20 + target[^1] % 7 * 300);

    private async Task AskAsync()
    {
        RawClient? client = null;
        while (!_stop.IsCancellationRequested)
        {
            var number = Interlocked.Increment(ref _asked);
            if (number > _atMost)
            {
                break;
            }

            var target = $"/n{number}";
            try
            {
                client ??= await RawClient.ConnectAsync(_port);
                var answer = await client.AskAsync($"GET {target} HTTP/1.1\r\nHost: load.test\r\n{_keys}\r\n");
                Note(target, answer);
                if (answer.Values("Connection") is ["close"])
                {
                    client.Dispose();
                    client = null;
                }
            }
            catch (Exception e) when (
                e is SocketException or InvalidOperationException or TimeoutException or OperationCanceledException)
            {
                _failures.Enqueue($"{target}: {e.Message}");
                client?.Dispose();
                client = null;
            }
        }

        client?.Dispose();
    }

    private void Note(string target, WireMessage answer)
    {
        Interlocked.Increment(ref _answered);
        var name = answer.Text.Split(' ')[0];
        if (answer.Status == 200 && answer.Complete && answer.Text == Expected(name, target))
        {
            _byOrigin.AddOrUpdate(name, 1, (_, count) => count + 1);
        }
        else
        {
            _failures.Enqueue($"{target}: {answer.StartLine} {answer.Value("Proxy-Status")} {answer.Text}");
        }
    }
}
