namespace Proxy.Edge.Relay;

/// <summary>The twelve steps of an exchange; the numbers are those of ARCHITECTURE.md, the access log's "phase" and
/// the code.</summary>
public enum ExchangePhase : byte
{
    Receive = 1,
    Parse = 2,
    AdmitToListener = 3,
    Route = 4,
    AdmitToRoute = 5,
    LookInCache = 6,
    FindAffinity = 7,
    Balance = 8,
    LeaseConnection = 9,
    Forward = 10,
    RelayAnswer = 11,
    Record = 12,
}
