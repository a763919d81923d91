namespace Proxy.Edge.Os.Network;

/// <summary>The session of processes this one belongs to.</summary>
public static class ProcessSession
{
    /// <summary>Begins one of its own: what the terminal sends to the processes in front (Ctrl-C) does not reach this
    /// one any more. Nothing happens when it leads a group already.</summary>
    public static void Leave() => _ = NetworkLibc.setsid();
}
