using Proxy.Edge.Http;
using Proxy.Edge.Rewriting;

namespace Proxy.Edge.Relay;

/// <summary>Sends a client to the same address over https; 308 keeps the method (RFC 9110 §15.4.9).</summary>
internal static class HttpsRedirect
{
    /// <param name="lines">Where the answer's lines are composed.</param>
    public static LocalAnswer Answer(RequestHead head, int port, Span<byte> lines, bool close)
    {
        var writer = new ByteWriter(lines);
        writer.Add("Location: https://"u8);
        writer.Add(head.Host);
        if (port != 443)
        {
            writer.Add(":"u8);
            writer.Add(port);
        }

        writer.Add(head.Form == TargetForm.Asterisk || head.PathLength == 0 ? "/"u8 : head.Path);
        if (head.HasQuery)
        {
            writer.Add("?"u8);
            writer.Add(head.Query);
        }

        writer.Add("\r\n"u8);
        return new LocalAnswer { Status = 308, Lines = writer.Written, Close = close };
    }
}
