using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Vrrp.Machine;

/// <summary>The dialogues in Transcripts/: each file is its own expectation, see <see cref="Transcript"/>.</summary>
public sealed class TranscriptTests
{
    private static string Folder => Path.Combine(Repository.Root, "Proxy.Tests/Cluster/Vrrp/Machine/Transcripts");

    public static TheoryData<string> Names =>
        [.. Directory.GetFiles(Folder, "*.txt").Select(static file => Path.GetFileNameWithoutExtension(file)).Order()];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_machine_answers_as_written(string name)
    {
        string expected = File.ReadAllText(Path.Combine(Folder, $"{name}.txt"));

        string actual = Transcript.Play(expected);

        Assert.True(expected == actual, $"{name}: the machine answers\n{actual}");
    }
}
