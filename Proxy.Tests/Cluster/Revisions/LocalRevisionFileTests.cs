using Proxy.Cluster.Revisions;
using Proxy.Cluster.Revisions.Editing;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Revisions;

public sealed class LocalRevisionFileTests
{
    [Fact]
    public async Task What_was_saved_is_loaded_with_all_its_parts()
    {
        using var folder = new TempFolder();
        var file = new LocalRevisionFile(Path.Combine(folder.Path, "made"));
        ConfigRevision revision = Revision();

        Assert.Null(await file.LoadAsync());
        Assert.Null(await file.SaveAsync(new RememberedRevision("abc", revision)));
        RememberedRevision? loaded = await new LocalRevisionFile(Path.Combine(folder.Path, "made")).LoadAsync();

        Assert.Equal("abc", loaded?.FileHash);
        ConfigRevision same = Assert.IsType<ConfigRevision>(loaded?.Revision);
        Assert.Equal(
            revision with { Diff = [], Packed = default },
            same with { Diff = [], Packed = default });
        Assert.Equal(revision.Diff, same.Diff);
        Assert.Equal(revision.Open()?.Text, same.Open()?.Text);
        Assert.Equal(["pools.app.balance"], same.Open()?.Overlay.Edits.Select(static edit => edit.Path));
        string path = Path.Combine(folder.Path, "made", LocalRevisionFile.FileName);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(path).UnixFileMode);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_a_problem_and_no_exception()
    {
        using var folder = new TempFolder();
        string blocked = folder.Write("file", "");

        string? problem = await new LocalRevisionFile(blocked).SaveAsync(new RememberedRevision("", Revision()));

        Assert.Contains("file", problem);
    }

    [Fact]
    public void Whatever_happened_to_the_bytes_it_is_passed_over_and_never_half_believed()
    {
        const int seed = 11;
        var random = new Random(seed);
        byte[] whole = LocalRevisionFile.Encode(new RememberedRevision("abc", Revision()));
        for (int i = 0; i < 2_000; i++)
        {
            byte[] torn = whole[..random.Next(whole.Length)];
            byte[] flipped = [.. whole];
            flipped[random.Next(whole.Length)] ^= (byte)(1 << random.Next(8));

            Assert.True(LocalRevisionFile.Decode(torn) is null, $"seed {seed}, step {i}: torn");
            Assert.True(LocalRevisionFile.Decode(flipped) is null, $"seed {seed}, step {i}: flipped");
        }
    }

    [Fact]
    public void A_damaged_content_does_not_open()
    {
        const int seed = 12;
        var random = new Random(seed);
        ConfigRevision revision = Revision();
        for (int i = 0; i < 500; i++)
        {
            byte[] packed = revision.Packed.ToArray();
            packed[random.Next(packed.Length)] ^= (byte)(1 << random.Next(8));
            RevisionContent? opened = (revision with { Packed = packed }).Open();

            Assert.True(opened is null || opened.Text == revision.Open()!.Text, $"seed {seed}, step {i}");
        }
    }

    private static ConfigRevision Revision()
    {
        RevisionContent content = RevisionContent.Of(
            OverlayTests.Parse("pools { app { members = [ { name = a, url = \"http://h\" } ] } }"),
            Overlay.Empty.With(new OverlayEdit("pools.app.balance", "\"first\"")), out _);
        return new ConfigRevision
        {
            Number = 7,
            Id = new Guid(1, 2, 3, new byte[8]),
            At = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 6, TimeSpan.Zero),
            Who = "ann → bob",
            Why = "a \"reason\"\nof two lines",
            Kind = RevisionKind.Rollback,
            Of = 3,
            First = "n2",
            GoesOn = true,
            Diff = ["a 1 → 2", "b added"],
            Hash = content.Hash,
            Packed = RevisionCodec.Pack(content),
        };
    }
}
