namespace Proxy.Tests.Kit;

/// <summary>Waiting for what another process does in its own time.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    public static Task IsTrueAsync(Func<bool> condition, Func<string> expected, TimeSpan? atMost = null) =>
        IsTrueAsync(() => Task.FromResult(condition()), expected, atMost);

    public static async Task IsTrueAsync(Func<Task<bool>> condition, Func<string> expected, TimeSpan? atMost = null)
    {
        var time = TimeProvider.System;
        var begin = time.GetTimestamp();
        while (!await condition())
        {
            if (time.GetElapsedTime(begin) > (atMost ?? Wire.Patience))
            {
                throw new TimeoutException($"This did not happen in time: {expected()}");
            }

            await Task.Delay(Step, time, TestContext.Current.CancellationToken);
        }
    }
}
