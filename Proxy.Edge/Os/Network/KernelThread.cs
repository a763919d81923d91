namespace Proxy.Edge.Os.Network;

/// <summary>The calling thread as the kernel knows it.</summary>
public static class KernelThread
{
    /// <summary>Unique on the machine while it lives.</summary>
    public static int CurrentId => NetworkLibc.gettid();
}
