using System.Text;
using Proxy.Edge.Http;
using Proxy.Edge.Http2.Hpack;

namespace Proxy.Tests.Edge.Http2;

/// <summary>The examples of RFC 7541 appendix C, and what decoders get wrong.</summary>
public sealed class HpackTests
{
    private readonly byte[] _scratch = new byte[2 * HpackDecoder.MaxString];

    [Fact]
    public void Requests_without_huffman_decode_as_in_appendix_C3()
    {
        var decoder = new HpackDecoder(4096);

        Assert.Equal(
            ":method: GET|:scheme: http|:path: /|:authority: www.example.com",
            Decode(ref decoder, "828684410f7777772e6578616d706c652e636f6d"));
        Assert.Equal(
            ":method: GET|:scheme: http|:path: /|:authority: www.example.com|cache-control: no-cache",
            Decode(ref decoder, "828684be58086e6f2d6361636865"));
        Assert.Equal(
            ":method: GET|:scheme: https|:path: /index.html|:authority: www.example.com|custom-key: custom-value",
            Decode(ref decoder, "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565"));
    }

    [Fact]
    public void Requests_with_huffman_decode_as_in_appendix_C4()
    {
        var decoder = new HpackDecoder(4096);

        Assert.Equal(
            ":method: GET|:scheme: http|:path: /|:authority: www.example.com",
            Decode(ref decoder, "828684418cf1e3c2e5f23a6ba0ab90f4ff"));
        Assert.Equal(
            ":method: GET|:scheme: http|:path: /|:authority: www.example.com|cache-control: no-cache",
            Decode(ref decoder, "828684be5886a8eb10649cbf"));
        Assert.Equal(
            ":method: GET|:scheme: https|:path: /index.html|:authority: www.example.com|custom-key: custom-value",
            Decode(ref decoder, "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf"));
    }

    [Fact]
    public void Responses_that_evict_entries_decode_as_in_appendix_C6()
    {
        var decoder = new HpackDecoder(256);

        Assert.Equal(
            ":status: 302|cache-control: private|date: Mon, 21 Oct 2013 20:13:21 GMT|location: https://www.example.com",
            Decode(
                ref decoder,
                "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3"));
        Assert.Equal(
            ":status: 307|cache-control: private|date: Mon, 21 Oct 2013 20:13:21 GMT|location: https://www.example.com",
            Decode(ref decoder, "4883640effc1c0bf"));
        Assert.Equal(
            ":status: 200|cache-control: private|date: Mon, 21 Oct 2013 20:13:22 GMT|location: https://www.example.com"
            + "|content-encoding: gzip|set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
            Decode(
                ref decoder,
                "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af"
                + "27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007"));
    }

    [Theory]
    [InlineData("80", "index 0")]
    [InlineData("be", "an index beyond an empty table")]
    [InlineData("ffffffffff0f", "an integer that overflows")]
    [InlineData("4005616263", "a name cut off")]
    [InlineData("82203f", "a size update behind a field")]
    [InlineData("3fe21f", "a size update above the limit")]
    [InlineData("0081ff0161", "huffman padding of eight bits")]
    [InlineData("0081180161", "huffman padding that is not all ones")]
    [InlineData("0084ffffffff0161", "the end-of-string symbol")]
    public void Wrong_blocks_are_errors(string hex, string why)
    {
        var decoder = new HpackDecoder(4096);

        Assert.False(decoder.Decode(Convert.FromHexString(hex), _scratch, new Fields()), why);
    }

    [Fact]
    public void A_size_update_to_zero_forgets_everything()
    {
        var decoder = new HpackDecoder(4096);
        Decode(ref decoder, "400a637573746f6d2d6b65790c637573746f6d2d76616c7565");

        Assert.True(decoder.Decode(Convert.FromHexString("20"), _scratch, new Fields()));
        Assert.False(decoder.Decode(Convert.FromHexString("be"), _scratch, new Fields()));
    }

    [Fact]
    public void The_table_behaves_like_a_list_whatever_is_added()
    {
        var random = new Random(7541);
        var table = default(DynamicTable);
        table.Resize(1024);
        var model = new List<(string Name, string Value)>();
        for (int i = 0; i < 20_000; i++)
        {
            string name = new('n', random.Next(1, 60));
            int length = random.Next(0, 200);
            string value = string.Concat(Enumerable.Range(0, length).Select(_ => (char)random.Next('a', 'z')));
            table.Add(Encoding.ASCII.GetBytes(name), Encoding.ASCII.GetBytes(value));
            model.Insert(0, (name, value));
            while (model.Sum(static one => one.Name.Length + one.Value.Length + 32) > 1024)
            {
                model.RemoveAt(model.Count - 1);
            }

            Assert.Equal(model.Count, table.Count);
            int at = random.Next(Math.Max(1, model.Count));
            if (at < model.Count)
            {
                Assert.Equal(model[at].Name, Encoding.ASCII.GetString(table.Name(at)));
                Assert.Equal(model[at].Value, Encoding.ASCII.GetString(table.Value(at)));
            }
        }
    }

    [Fact]
    public void What_the_encoder_writes_decodes_to_the_same()
    {
        var random = new Random(9113);
        for (int i = 0; i < 2000; i++)
        {
            var expected = new StringBuilder();
            byte[] block = new byte[16 * 1024];
            int status = random.Next(100, 600);
            int at = HpackEncoder.WriteStatus(block, 0, status);
            expected.Append(":status: ").Append(status);
            for (int field = random.Next(0, 8); field > 0; field--)
            {
                var id = (HeaderId)random.Next(0, (int)HeaderId.Origin + 1);
                string name = id == HeaderId.Other
                    ? new string('x', random.Next(1, 200))
                    : Encoding.ASCII.GetString(HeaderNames.Text(id));
                string value = new('v', random.Next(0, 400));
                at = HpackEncoder.WriteField(
                    block, at, id, Encoding.ASCII.GetBytes(name), Encoding.ASCII.GetBytes(value));
                expected.Append('|').Append(name.ToLowerInvariant()).Append(": ").Append(value);
            }

            var decoder = new HpackDecoder(4096);
            Assert.Equal(expected.ToString(), Decode(ref decoder, Convert.ToHexString(block.AsSpan(0, at))));
        }
    }

    private string Decode(ref HpackDecoder decoder, string hex)
    {
        var fields = new Fields();
        Assert.True(decoder.Decode(Convert.FromHexString(hex), _scratch, fields));
        return string.Join('|', fields.List);
    }

    private sealed class Fields : IFieldSink
    {
        public List<string> List { get; } = [];

        public void OnField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
            List.Add($"{Encoding.ASCII.GetString(name)}: {Encoding.ASCII.GetString(value)}");
    }
}
