using System.Net;

namespace Proxy.Actors.Ports;

/// <summary>Looks up the addresses of a name. Called in an actor's turn: it must not block. Failure is a value.</summary>
public interface INameResolver
{
    ValueTask<NameAnswer> ResolveAsync(string host, CancellationToken cancellation);
}

/// <summary>Addresses in order of preference; none together with a problem in an operator's words.</summary>
public sealed record NameAnswer(IReadOnlyList<IPAddress> Addresses, string? Problem)
{
    public static NameAnswer Failed(string problem) => new([], problem);
}
