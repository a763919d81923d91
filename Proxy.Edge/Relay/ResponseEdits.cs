namespace Proxy.Edge.Relay;

/// <summary>What changes in an origin's head on its way to the client.</summary>
/// <param name="dropIds">Bit set of header ids that are left out.</param>
/// <param name="skip">Bit n: field n is left out because it was edited; empty when nothing was.</param>
/// <param name="lines">Complete field lines to add, CRLF included.</param>
public readonly ref struct ResponseEdits(ulong dropIds, ReadOnlySpan<ulong> skip, ReadOnlySpan<byte> lines)
{
    public ulong DropIds { get; } = dropIds;

    public ReadOnlySpan<ulong> Skip { get; } = skip;

    public ReadOnlySpan<byte> Lines { get; } = lines;
}
