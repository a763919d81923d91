namespace Proxy.Edge.Telemetry;

/// <summary>Answers by class of status. Only numbers, so that it can sit inside counters with a fixed layout.</summary>
public struct StatusCounts
{
#pragma warning disable CA1051 // Fields, not properties: the loop increments them in place.
    /// <summary>Exchanges that ended without a status sent.</summary>
    public long None;
    public long Class1;
    public long Class2;
    public long Class3;
    public long Class4;
    public long Class5;
#pragma warning restore CA1051

    public void Count(int status)
    {
        switch (status / 100)
        {
            case 1:
                Class1++;
                break;
            case 2:
                Class2++;
                break;
            case 3:
                Class3++;
                break;
            case 4:
                Class4++;
                break;
            case 5:
                Class5++;
                break;
            default:
                None++;
                break;
        }
    }
}
