using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace Proxy.Cluster.Demo;

/// <summary>Sessions as an application server keeps them: in the memory of one origin, by a cookie that says nothing
/// about where. A request that reaches another origin loses its session and gets a new one.</summary>
internal sealed class DemoSessions(string name)
{
    public const string Cookie = "JSESSIONID";

    /// <summary>Beyond that a new session is told but not kept: a demo does not fill the memory of its host.</summary>
    private const int Most = 200_000;

    private readonly ConcurrentDictionary<string, int> _sessions = new(StringComparer.Ordinal);

    /// <summary>Answers "origin session count"; a count of 1 for a cookie that was sent is a lost session.</summary>
    public Task Answer(HttpContext context)
    {
        string? id = context.Request.Cookies[Cookie];
        int count = 1;
        if (id is null || !_sessions.ContainsKey(id))
        {
            id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
            context.Response.Headers.Append("Set-Cookie", $"{Cookie}={id}; Path=/; HttpOnly");
            if (_sessions.Count < Most)
            {
                _sessions[id] = 1;
            }
        }
        else
        {
            count = _sessions.AddOrUpdate(id, 1, static (_, before) => before + 1);
        }

        return context.Response.WriteAsync($"{name} {id} {count}\n", context.RequestAborted);
    }
}
