namespace Proxy.Edge.Topology;

/// <summary>How one attempt at a member ended, as the loops tell its actor (passive health).</summary>
public enum Outcome : byte
{
    Success,
    ConnectFailed,
    ConnectTimeout,
    ResponseTimeout,
    Broken,
    BadResponse,
}

/// <summary>One noteworthy attempt at a member. Loops report every failure, and a success only when the member's grant
/// is younger than its last failure or when passive health watches statuses; so a healthy request costs
/// nothing.</summary>
/// <param name="Status">Status code of the response, 0 when there was none.</param>
/// <param name="Elapsed">From the first byte sent to the end of the response head, microseconds.</param>
public readonly record struct Observation(MemberState Member, Outcome Outcome, int Status, long Elapsed);

/// <summary>Where the loops put observations. Called on a loop's thread: it must neither block nor throw.</summary>
public interface IObservationSink
{
    void Observe(in Observation observation);
}
