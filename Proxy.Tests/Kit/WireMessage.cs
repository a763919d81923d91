using System.Text;

namespace Proxy.Tests.Kit;

/// <summary>How a connection ended, seen from the side that reads.</summary>
internal enum WireEnd
{
    /// <summary>It has not.</summary>
    Open,

    /// <summary>FIN.</summary>
    Closed,

    /// <summary>RST.</summary>
    Reset,
}

/// <summary>A message as it came over the wire, in Latin-1 so that every byte is kept.</summary>
internal sealed record WireMessage
{
    /// <summary>Start line and fields with their line ends, up to and with the empty line.</summary>
    public required string Head { get; init; }

    public byte[] Body { get; set; } = [];

    /// <summary>Field lines behind the last chunk.</summary>
    public string[] Trailers { get; set; } = [];

    /// <summary>False when the connection ended before the body did.</summary>
    public bool Complete { get; set; } = true;

    public string StartLine => Head[..Head.IndexOf("\r\n", StringComparison.Ordinal)];

    public IEnumerable<(string Name, string Value)> Fields =>
        Head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Skip(1)
            .Select(line => (line[..line.IndexOf(':')], line[(line.IndexOf(':') + 1)..].Trim(' ', '\t')));

    /// <summary>Status of a response.</summary>
    public int Status => int.Parse(StartLine.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Method of a request.</summary>
    public string Method => StartLine.Split(' ')[0];

    /// <summary>Target of a request.</summary>
    public string Target => StartLine.Split(' ')[1];

    public string Text => Encoding.Latin1.GetString(Body);

    public bool IsChunked =>
        Values("Transfer-Encoding").Any(v => v.Equals("chunked", StringComparison.OrdinalIgnoreCase));

    public string[] Values(string name) =>
        [.. Fields.Where(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(f => f.Value)];

    public bool Has(string name) => Values(name).Length > 0;

    /// <summary>The only value of a field, "" when there is none; fails when there are several.</summary>
    public string Value(string name) => Values(name) switch
    {
        [] => "",
        [var one] => one,
        _ => throw new InvalidOperationException($"{name} is there several times:\n{Head}"),
    };
}
