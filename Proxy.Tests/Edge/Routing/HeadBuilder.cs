using System.Text;
using Proxy.Edge.Http;

namespace Proxy.Tests.Edge.Routing;

/// <summary>Makes parsed heads out of text for tests of what comes after parsing.</summary>
internal static class HeadBuilder
{
    private static readonly Dictionary<string, HeaderId> Ids = Enum.GetValues<HeaderId>()
        .Where(id => id != HeaderId.Other)
        .ToDictionary(id => id.ToString(), id => id, StringComparer.OrdinalIgnoreCase);

    private static readonly Dictionary<string, Method> Methods = Enum.GetValues<Method>()
        .Where(method => method != Method.Other)
        .ToDictionary(method => method.ToString().ToUpperInvariant());

    public static RequestHead Request(
        string target = "/", string host = "example.com", string method = "GET", params string[] fields)
    {
        var head = new RequestHead();
        head.Reset();
        string[] lines = host.Length == 0 ? fields : [$"Host: {host}", .. fields];
        Fill(head, $"{method} {target} HTTP/1.1", lines);
        head.Method = Methods.GetValueOrDefault(method);
        head.MethodLength = method.Length;
        head.TargetStart = method.Length + 1;
        head.TargetLength = Encoding.UTF8.GetByteCount(target);
        int question = target.IndexOf('?');
        head.PathStart = head.TargetStart;
        head.PathLength = Encoding.UTF8.GetByteCount(question < 0 ? target : target[..question]);
        head.QueryLength = question < 0 ? -1 : head.TargetLength - head.PathLength - 1;
        if (host.Length != 0)
        {
            HeaderField field = head.Fields[0];
            head.AuthorityStart = field.ValueStart;
            head.AuthorityLength = field.ValueLength;
            int colon = host.LastIndexOf(':');
            head.HostLength = colon > host.LastIndexOf(']') ? colon : field.ValueLength;
        }

        return head;
    }

    public static ResponseHead Response(int status, params string[] fields)
    {
        var head = new ResponseHead();
        head.Reset();
        Fill(head, $"HTTP/1.1 {status} OK", fields);
        head.Status = status;
        return head;
    }

    private static void Fill(MessageHead head, string startLine, string[] lines)
    {
        var bytes = new List<byte>(Encoding.Latin1.GetBytes(startLine + "\r\n"));
        if (startLine.Any(c => c > 0xFF))
        {
            bytes = [.. Encoding.UTF8.GetBytes(startLine + "\r\n")];
        }

        head.FieldsStart = bytes.Count;
        foreach (string line in lines)
        {
            int colon = line.IndexOf(':');
            string value = line[(colon + 1)..].Trim();
            string name = line[..colon];
            HeaderId id = Ids.GetValueOrDefault(name.Replace("-", "", StringComparison.Ordinal));
            int start = bytes.Count;
            bytes.AddRange(Encoding.Latin1.GetBytes($"{name}: {value}\r\n"));
            head.Fields[head.FieldCount++] = new HeaderField
            {
                LineStart = start,
                LineEnd = bytes.Count,
                NameLength = (ushort)name.Length,
                ValueStart = start + name.Length + 2,
                ValueLength = value.Length,
                Id = id,
            };
            head.Present |= id == HeaderId.Other ? 0 : 1UL << (int)id;
        }

        bytes.AddRange("\r\n"u8.ToArray());
        head.End = bytes.Count;
        head.Buffer = [.. bytes];
    }
}
