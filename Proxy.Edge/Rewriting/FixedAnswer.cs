using System.Text;

namespace Proxy.Edge.Rewriting;

/// <summary>Compiled <see cref="FixedResponseRule"/>. Immutable.</summary>
public sealed class FixedAnswer
{
    private FixedAnswer(int status, byte[] contentType, byte[] body)
    {
        Status = status;
        ContentType = contentType;
        Body = body;
    }

    public int Status { get; }

    /// <summary>Empty when there is no body.</summary>
    public ReadOnlyMemory<byte> ContentType { get; }

    public ReadOnlyMemory<byte> Body { get; }

    public static bool TryCreate(FixedResponseRule rule, out FixedAnswer? answer, out string error)
    {
        answer = null;
        error = "";
        if (rule.Status is < 200 or > 599)
        {
            error = $"status {rule.Status} is not a final status: 200 to 599";
        }
        else if (rule.Status is 204 or 304 && rule.Body.Length != 0)
        {
            error = $"status {rule.Status} has no body";
        }
        else if (rule.ContentType.Any(c => c is < ' ' or > '~'))
        {
            error = $"content type '{rule.ContentType}' has characters other than visible ASCII";
        }
        else
        {
            byte[] body = Encoding.UTF8.GetBytes(rule.Body);
            byte[] type = body.Length == 0 ? [] : Encoding.ASCII.GetBytes(rule.ContentType);
            answer = new FixedAnswer(rule.Status, type, body);
        }

        return answer is not null;
    }
}
