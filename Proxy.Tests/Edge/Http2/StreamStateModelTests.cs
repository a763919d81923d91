using Proxy.Edge.Http2;
using Proxy.Tests.Kit;
using Outcome = Proxy.Tests.Edge.Http2.StreamStateModel.Outcome;

namespace Proxy.Tests.Edge.Http2;

/// <summary>The session and <see cref="StreamStateModel"/> agree on every reaction: over all inputs in every state the
/// model can reach, over all short sequences, and over long random ones.</summary>
public sealed class StreamStateModelTests
{
    private const int MaxStreams = 2;
    private static readonly StreamInput[] Inputs = Enum.GetValues<StreamInput>();

    private readonly Http2Workspace _workspace = new();

    private static (StreamInput Input, int Stream)[] Alphabet(params int[] streams) =>
        [.. streams.SelectMany(static id => Inputs.Select(input => (input, id)))];

    [Fact]
    public void Every_input_in_every_state_of_three_streams_has_the_reaction_of_the_model()
    {
        (StreamInput, int)[] alphabet = Alphabet(1, 3, 5);
        var known = new HashSet<string>();
        var paths = new Queue<(StreamInput, int)[]>([[]]);
        int steps = 0;
        while (paths.TryDequeue(out (StreamInput Input, int Stream)[]? path))
        {
            foreach ((StreamInput Input, int Stream) input in alphabet)
            {
                (StreamInput, int)[] longer = [.. path, input];
                StreamStateModel model = Play(longer);
                steps++;
                if (known.Add(model.Signature) && !model.IsDead)
                {
                    paths.Enqueue(longer);
                }
            }
        }

        Assert.True(steps > 10_000, $"only {steps} steps were tried: {known.Count} states");
    }

    [Fact]
    public void All_short_sequences_on_one_stream_agree() => PlayAll(Alphabet(1), 4);

    [Fact]
    public void All_short_sequences_on_two_streams_and_beside_them_agree() => PlayAll(Alphabet(0, 1, 2, 3), 2);

    [Fact]
    public void Long_random_walks_agree()
    {
        for (int seed = 1; seed <= 300; seed++)
        {
            var random = new Random(seed);
            var pair = new Pair(_workspace);
            int first = 1;
            for (int step = 0; step < 60 && !pair.Model.IsDead; step++)
            {
                // Mostly what a peer may do, so that walks get long.
                StreamInput input = Inputs[random.Next(Inputs.Length)];
                bool isRare = input is StreamInput.Continuation or StreamInput.PushPromise or StreamInput.BeginBlock
                    or StreamInput.Leave or StreamInput.Priority;
                if (isRare && random.Next(10) > 0)
                {
                    continue;
                }

                pair.Step(input, first + (2 * random.Next(3)), () => $"seed {seed}");
                first += random.Next(12) == 0 ? 2 : 0;
            }
        }
    }

    private void PlayAll((StreamInput Input, int Stream)[] alphabet, int depth)
    {
        int[] at = new int[depth];
        do
        {
            Play([.. at.Select(i => alphabet[i])]);
        }
        while (Advance(at, alphabet.Length));
    }

    /// <summary>Counts up, the first place fastest; false after the last.</summary>
    private static bool Advance(int[] at, int radix)
    {
        for (int i = 0; i < at.Length; i++)
        {
            if (++at[i] < radix)
            {
                return true;
            }

            at[i] = 0;
        }

        return false;
    }

    private StreamStateModel Play((StreamInput Input, int Stream)[] sequence)
    {
        var pair = new Pair(_workspace);
        foreach ((StreamInput input, int stream) in sequence)
        {
            pair.Step(input, stream, () => string.Join(", ", sequence));
        }

        return pair.Model;
    }

    /// <summary>The two of them, given the same.</summary>
    private sealed class Pair(Http2Workspace workspace)
    {
        private static readonly byte[] Fields = Http2Wire.Block(("x", "y"));
        private static readonly byte[] Head = Http2Wire.Block(Http2Wire.Pseudo("POST", "/"));

        private static readonly Http2Limits Limits =
            new() { MaxStreams = MaxStreams, MaxIdleFrames = int.MaxValue, MaxResets = int.MaxValue };

        private readonly SessionRig _rig = new(Limits, workspace: workspace);

        public StreamStateModel Model { get; } = new(MaxStreams);

        public void Step(StreamInput input, int id, Func<string> where)
        {
            bool wasDead = Model.IsDead;
            (Outcome, Http2Error) expected = Model.Handle(input, id);
            (Outcome, Http2Error) seen = wasDead ? default : Do(input, id);

            Http2Session session = _rig.Session;
            if (expected != seen || Model.OpenStreams != session.OpenStreams || Model.IsDead != session.IsDead)
            {
                Assert.Fail(
                    $"at {input} on stream {id}: the model says {expected} with {Model.OpenStreams} open, the session "
                    + $"{seen} with {session.OpenStreams} open ({_rig.ConnectionError}); {where()}");
            }
        }

        private (Outcome, Http2Error) Do(StreamInput input, int id)
        {
            SessionRig.Taker? known = _rig.Streams.Find(one => one.Stream.Id == id);
            string before = Told(known);
            int streams = _rig.Streams.Count;
            Give(input, id, known?.Stream);
            List<Http2Frame> sent = _rig.Sent();
            if (_rig.ConnectionError is not null)
            {
                Assert.Equal(Http2Wire.GoAway, sent[^1].Type);
                return (Outcome.ConnectionError, (Http2Error)sent[^1].Error);
            }

            if (sent.Find(static frame => frame.Type == Http2Wire.Rst) is { } reset)
            {
                Assert.Equal(id, reset.Stream);
                return (Outcome.StreamError, (Http2Error)reset.Error);
            }

            if (_rig.Streams.Count > streams)
            {
                return (Outcome.Opened, default);
            }

            string after = Told(known);
            return (
                after == before ? Outcome.Nothing
                : known!.Reset is not null ? Outcome.GivenUp
                : known.Trailers.Length > 0 ? Outcome.Trailers
                : Outcome.Payload,
                default);
        }

        private static string Told(SessionRig.Taker? taker) =>
            taker is null ? "" : $"{taker.Body.Length} {taker.Trailers.Length} {taker.Ended} {taker.Reset}";

        private void Give(StreamInput input, int id, Http2Stream? stream)
        {
            switch (input)
            {
                case StreamInput.Answer when stream is not null:
                    _rig.Session.SendHead(stream, 103, default, endStream: false);
                    break;
                case StreamInput.WholeAnswer when stream is { IsOurEndGiven: false }:
                    _rig.Session.SendHead(stream, 200, default, endStream: true);
                    break;
                case StreamInput.Cancel when stream is not null:
                    _rig.Session.Reset(stream, Http2Error.Cancel);
                    break;
                case StreamInput.Leave:
                    _rig.Session.Drain();
                    Http2Frame? ping = _rig.Sent().Find(static frame => frame.Type == Http2Wire.Ping);
                    if (ping is not null)
                    {
                        _rig.Receive(Http2Wire.Frame(Http2Wire.Ping, 1, 0, ping.Payload));
                    }

                    break;
                case < StreamInput.Answer:
                    _rig.Receive(Frame(input, id));
                    break;
                default:
                    break;
            }
        }

        private static byte[] Frame(StreamInput input, int id) => input switch
        {
            StreamInput.Request => Http2Wire.Frame(Http2Wire.Headers, 4, id, Head),
            StreamInput.WholeRequest => Http2Wire.Frame(Http2Wire.Headers, 5, id, Head),
            StreamInput.Trailers => Http2Wire.Frame(Http2Wire.Headers, 5, id, Fields),
            StreamInput.FieldsWithoutEnd => Http2Wire.Frame(Http2Wire.Headers, 4, id, Fields),
            StreamInput.BeginBlock => Http2Wire.Frame(Http2Wire.Headers, 0, id, Head),
            StreamInput.Continuation => Http2Wire.Frame(Http2Wire.Continuation, 4, id),
            StreamInput.PushPromise => Http2Wire.Frame(Http2Wire.PushPromise, 4, id, [0, 0, 0, 2, .. Head]),
            StreamInput.Data => Http2Wire.Frame(Http2Wire.Data, 0, id, 1),
            StreamInput.LastData => Http2Wire.Frame(Http2Wire.Data, 1, id, 1),
            StreamInput.Reset => Http2Wire.Frame(Http2Wire.Rst, 0, id, Http2Wire.Number(8)),
            StreamInput.WindowUpdate => Http2Wire.Frame(Http2Wire.WindowUpdate, 0, id, Http2Wire.Number(100)),
            StreamInput.WindowUpdateByZero => Http2Wire.Frame(Http2Wire.WindowUpdate, 0, id, Http2Wire.Number(0)),
            _ => Http2Wire.Frame(Http2Wire.Priority, 0, id, new byte[5]),
        };
    }
}
