using System.Runtime.InteropServices;

namespace Proxy.Edge.Http;

/// <summary>One field line of a head, as offsets into <see cref="MessageHead.Buffer"/>. The line runs from
/// <see cref="LineStart"/> (first byte of the name) to <see cref="LineEnd"/> (just past its CRLF), so that a run of
/// untouched lines can be copied in one move.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct HeaderField
{
    /// <summary>Offset of the first byte of the field name.</summary>
    public int LineStart;

    /// <summary>Offset just past the CRLF that ends the line.</summary>
    public int LineEnd;

    /// <summary>Offset of the first byte of the value, white space trimmed.</summary>
    public int ValueStart;

    /// <summary>Length of the value in bytes, white space trimmed at both ends.</summary>
    public int ValueLength;

    /// <summary>Length of the field name in bytes.</summary>
    public ushort NameLength;

    public HeaderId Id;

    /// <summary>Set for fields that end at this hop: Connection itself, what Connection names, and the other
    /// hop-by-hop fields of RFC 9110 §7.6.1. The writer leaves them out.</summary>
    public bool HopByHop;
}
