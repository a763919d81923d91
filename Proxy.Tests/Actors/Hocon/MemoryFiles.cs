using System.Text;
using Proxy.Actors.Hocon;

namespace Proxy.Tests.Actors.Hocon;

/// <summary>A set of files by path; what is not in it does not exist.</summary>
internal sealed class MemoryFiles(params (string Path, string Text)[] files) : IHoconFiles
{
    public List<string> Asked { get; } = [];

    public HoconFileContent Read(string path, long maxBytes)
    {
        Asked.Add(path);
        foreach (var file in files)
        {
            if (file.Path == path)
            {
                return new HoconFileContent(Encoding.UTF8.GetBytes(file.Text), null);
            }
        }

        return HoconFileContent.Missing;
    }
}
