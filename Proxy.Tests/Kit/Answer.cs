namespace Proxy.Tests.Kit;

/// <summary>Responses an origin often gives.</summary>
internal static class Answer
{
    public static string Ok(string body, params string[] fields) => With(200, body, fields);

    public static string With(int status, string body, params string[] fields) =>
        $"HTTP/1.1 {status} Scripted\r\nContent-Length: {body.Length}\r\n"
        + string.Concat(fields.Select(field => field + "\r\n")) + "\r\n" + body;
}
