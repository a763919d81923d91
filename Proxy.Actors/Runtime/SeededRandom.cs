using System.Security.Cryptography;

namespace Proxy.Actors.Runtime;

/// <summary>One seeded sequence shared by threads; the lock covers arithmetic only.</summary>
public sealed class SeededRandom(int seed) : IRandom
{
    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);

    /// <summary>Seeded by the operating system: nodes started together must not jitter in step.</summary>
    public static SeededRandom FromEntropy() => new(RandomNumberGenerator.GetInt32(int.MaxValue));

    public double NextDouble()
    {
        lock (_gate)
        {
            return _random.NextDouble();
        }
    }

    public int Next(int exclusiveMaximum)
    {
        lock (_gate)
        {
            return _random.Next(exclusiveMaximum);
        }
    }
}
