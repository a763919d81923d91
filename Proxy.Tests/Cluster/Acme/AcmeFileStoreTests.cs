using System.Text;
using Proxy.Cluster.Acme;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Acme;

public sealed class AcmeFileStoreTests : IDisposable
{
    private readonly TempFolder _temp = new();
    private readonly string _folder;

    public AcmeFileStoreTests() => _folder = Path.Combine(_temp.Path, "acme");

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void What_is_written_is_read_by_the_next_start_and_by_nobody_else()
    {
        byte[] secret = Encoding.ASCII.GetBytes("-----BEGIN PRIVATE KEY-----");
        new AcmeFileStore(_folder).Write("account", secret);

        Assert.Equal(secret, new AcmeFileStore(_folder).Read("account"));
        Assert.Null(new AcmeFileStore(_folder).Read("other"));
        Assert.DoesNotContain(
            "PRIVATE", Encoding.Latin1.GetString(File.ReadAllBytes(FileOf("account"))), StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_and_files_are_the_owners_alone()
    {
        Directory.CreateDirectory(_folder);
        new AcmeFileStore(_folder).Write("account", [1]);

        Assert.Equal("drwx------", Rights(_folder));
        Assert.Equal("-rw-------", Rights(FileOf("account")));
        Assert.Equal("-rw-------", Rights(Path.Combine(_folder, "node.key")));
    }

    [Fact]
    public void Writing_replaces_and_leaves_nothing_behind()
    {
        var store = new AcmeFileStore(_folder);
        store.Write("account", [1, 2, 3]);
        File.WriteAllText(FileOf("account") + ".new", "left by a crash");

        store.Write("account", [4]);

        Assert.Equal([4], store.Read("account")!);
        Assert.Equal(2, Directory.GetFiles(_folder).Length);
    }

    [Fact]
    public void Every_changed_byte_is_noticed()
    {
        var store = new AcmeFileStore(_folder);
        store.Write("account", [1, 2, 3]);
        byte[] good = File.ReadAllBytes(FileOf("account"));
        for (int i = 0; i < good.Length; i++)
        {
            byte[] bad = [.. good];
            bad[i] ^= 1;
            File.WriteAllBytes(FileOf("account"), bad);

            Assert.Contains(
                "damaged", Assert.Throws<AcmeStoreException>(() => store.Read("account")).Message,
                StringComparison.Ordinal);
        }

        for (int length = 0; length < good.Length; length++)
        {
            File.WriteAllBytes(FileOf("account"), good[..length]);
            Assert.Throws<AcmeStoreException>(() => store.Read("account"));
        }
    }

    [Fact]
    public void Another_key_opens_nothing()
    {
        new AcmeFileStore(_folder).Write("account", [1]);
        File.Delete(Path.Combine(_folder, "node.key"));

        Assert.Contains(
            "another node.key",
            Assert.Throws<AcmeStoreException>(() => new AcmeFileStore(_folder).Read("account")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_under_another_name_is_not_taken()
    {
        var store = new AcmeFileStore(_folder);
        store.Write("account", [1]);
        File.Copy(FileOf("account"), FileOf("other"));

        Assert.Throws<AcmeStoreException>(() => store.Read("other"));
    }

    [Fact]
    public void A_damaged_key_and_a_folder_that_cannot_be_made_are_said()
    {
        Directory.CreateDirectory(_folder);
        File.WriteAllBytes(Path.Combine(_folder, "node.key"), [1]);

        Assert.Contains(
            "not a key", Assert.Throws<AcmeStoreException>(() => new AcmeFileStore(_folder)).Message,
            StringComparison.Ordinal);
        Assert.Throws<AcmeStoreException>(() => new AcmeFileStore("/proc/nowhere"));
    }

    private string FileOf(string name) => Path.Combine(_folder, name + ".sealed");

    private static string Rights(string file)
    {
        using var ls = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("stat", ["-c", "%A", file]) { RedirectStandardOutput = true })!;
        return ls.StandardOutput.ReadToEnd().Trim();
    }
}
