namespace Proxy.Tests.Kit;

/// <summary>Has openssl say, in an authority's name, whether certificates are good.</summary>
internal static class TestOcsp
{
    /// <summary>DER of a response that is good for a day from now.</summary>
    /// <param name="signer">Whose key signs; null = the authority's own.</param>
    public static async Task<byte[]> RespondAsync(
        TestCertificates authority, TestCertificates.Leaf leaf, bool revoked = false, bool known = true,
        TestCertificates? signer = null)
    {
        using var folder = new TempFolder();
        folder.Write("ca.pem", authority.CaPem);
        folder.Write("leaf.pem", leaf.CertificatePem);
        folder.Write("signer.pem", (signer ?? authority).CaPem);
        folder.Write("signer.key", (signer ?? authority).CaKeyPem);
        WriteIndex(folder, leaf, revoked, known);
        (int code, string output) = await ChildProcess.RunAsync(
            "openssl",
            [
                "ocsp", "-index", "index.txt", "-CA", "ca.pem", "-rsigner", "signer.pem", "-rkey", "signer.key",
                "-issuer", "ca.pem", "-cert", "leaf.pem", "-ndays", "1", "-respout", "response.der", "-noverify",
            ],
            folder.Path);
        string response = Path.Combine(folder.Path, "response.der");
        Assert.True(File.Exists(response), $"openssl ocsp ended with {code}: {output}");
        return await File.ReadAllBytesAsync(response);
    }

    /// <summary>The list of certificates that openssl's responder goes by.</summary>
    public static void WriteIndex(
        TempFolder folder, TestCertificates.Leaf leaf, bool revoked = false, bool known = true)
    {
        string serial = Convert.ToHexString(leaf.Serial);
        string line = revoked
            ? $"R\t491231235959Z\t240101000000Z\t{serial}\tunknown\t/CN=leaf\n"
            : $"V\t491231235959Z\t\t{serial}\tunknown\t/CN=leaf\n";
        folder.Write("index.txt", known ? line : "");
    }
}
