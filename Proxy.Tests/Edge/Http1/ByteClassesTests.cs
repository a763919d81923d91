using Proxy.Edge.Http;
using Proxy.Edge.Http1;

namespace Proxy.Tests.Edge.Http1;

public sealed class ByteClassesTests
{
    [Fact]
    public void Every_byte_is_classified_the_same_at_every_place_and_on_every_processor()
    {
        byte[] block = new byte[64];
        for (int value = 0; value < 256; value++)
        {
            for (int place = 0; place < 64; place++)
            {
                block.AsSpan().Fill((byte)'a');
                block[place] = (byte)value;
                ulong bit = 1UL << place;
                ByteClasses.Read(ref block[0], out ByteClasses native);
                ByteClasses.ReadPortable(ref block[0], out ByteClasses portable);

                Assert.Equal(native, portable);
                Assert.Equal(value == '\n' ? bit : 0, native.LineFeed);
                Assert.Equal(value == '\r' ? bit : 0, native.CarriageReturn);
                Assert.Equal(value == 127 || (value < 32 && value is not (9 or 10 or 13)) ? bit : 0, native.Control);
                Assert.Equal(HttpToken.IsTokenByte((byte)value) ? 0 : bit, native.Delimiter);
            }
        }
    }

    [Fact]
    public void A_partial_block_is_classified_like_the_start_of_a_whole_one()
    {
        byte[] bytes = "a: b\r\n\0x"u8.ToArray();

        ByteClasses.ReadPartial(bytes, out ByteClasses classes);

        Assert.Equal(1UL << 5, classes.LineFeed);
        Assert.Equal(1UL << 4, classes.CarriageReturn);
        Assert.Equal(1UL << 6, classes.Control & 0xFF);
        Assert.Equal(0b0111_0110UL, classes.Delimiter & 0xFF);
    }
}
