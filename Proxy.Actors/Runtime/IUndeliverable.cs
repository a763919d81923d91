namespace Proxy.Actors.Runtime;

/// <summary>
/// A message that wants to know when it was accepted but will never be handled to its end: evicted from a full
/// mailbox, left over at a stop, or the one whose handling threw. Questions implement it by failing their <see
/// cref="ReplyTo{TReply}"/>, so that askers do not have to wait for their time-out. Called on any thread; must not
/// throw.
/// </summary>
public interface IUndeliverable
{
    void Undelivered(Exception reason);
}

internal static class Undeliverable
{
    public static void Tell<TMsg>(TMsg message, Exception reason)
    {
        if (message is IUndeliverable undeliverable)
        {
            undeliverable.Undelivered(reason);
        }
    }
}

/// <summary>The question never reached an actor that would handle it.</summary>
public sealed class UndeliveredException(string path, string reason) : Exception($"{path}: {reason}")
{
    public string Path { get; } = path;
}
