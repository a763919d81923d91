namespace Proxy.Actors.Hocon;

/// <summary>What came of reading a file. Both null: there is no such file.</summary>
public readonly record struct HoconFileContent(byte[]? Bytes, string? Error)
{
    public static HoconFileContent Missing => default;
}

/// <summary>
/// Port for reading the document and its includes. May block (configuration is read off the loops), never throws;
/// the returned array belongs to the caller.
/// </summary>
public interface IHoconFiles
{
    /// <summary>Reads a whole file, or answers an error when it holds more than <paramref name="maxBytes"/>.</summary>
    HoconFileContent Read(string path, long maxBytes);
}
