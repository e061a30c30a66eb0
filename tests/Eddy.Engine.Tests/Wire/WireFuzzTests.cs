using Eddy.Engine.Wire;

namespace Eddy.Engine.Tests.Wire;

/// <summary>Whatever bytes a peer sends: no exception, and no memory out of proportion to them.</summary>
public sealed class WireFuzzTests
{
    public static TheoryData<byte[]> Messages => [.. WireSamples.Messages()];

    [Theory]
    [MemberData(nameof(Messages))]
    public void Mutated_bytes_never_throw_and_never_take_much_memory(byte[] sample)
    {
        var random = new Random(sample.Length);
        for (var round = 0; round < 3_000; round++)
        {
            var bytes = Mutate(sample, random);
            var before = GC.GetAllocatedBytesForCurrentThread();

            if (WireDecoder.Decode(bytes) is DecodeResult.Decoded { Message: WireMessage.Proposal proposal })
            {
                foreach (var terms in proposal.Terms)
                {
                    WireDecoder.DecodeTerms(terms.Bytes);
                }
            }

            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 64_000 + (bytes.Length * 64L));
        }
    }

    [Fact]
    public void Arbitrary_bytes_never_throw()
    {
        var random = new Random(1);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = new byte[random.Next(300)];
            random.NextBytes(bytes);
            WireDecoder.Decode(bytes);
            WireDecoder.DecodeOffer(bytes);
            WireDecoder.DecodeTerms(bytes);
        }
    }

    [Fact]
    public void A_message_made_of_countless_empty_parts_is_turned_away_before_it_takes_memory()
    {
        // 28,000 empty adverts in one batch: two bytes each on the wire, and objects many times that size if they were parsed.
        var parts = Enumerable.Range(0, 28_000).SelectMany(static _ => new byte[] { 0x0A, 0x00 }).ToArray();
        byte[] message = [0x08, 0x01, 0x1A, .. Varint(parts.Length), .. parts];
        WireDecoder.Decode(message);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var result = WireDecoder.Decode(message);

        Assert.IsType<DecodeResult.Malformed>(result);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 10_000);
    }

    [Theory]
    [InlineData("0801" + "1a08" + "0a06" + "0affffffff07")] // an advert whose signed part is 2^31 - 1 bytes long, which overflows in the parser
    [InlineData("0801" + "1a0a" + "0a08" + "0affffffff071001")]
    [InlineData("0801" + "2208" + "0a06" + "0affffffff07")]
    public void A_length_near_the_end_of_31_bits_is_malformed_and_no_exception(string message) =>
        Assert.IsType<DecodeResult.Malformed>(WireDecoder.Decode(Convert.FromHexString(message)));

    [Fact]
    public void An_overflow_inside_makes_no_array_as_long_as_the_next_length_says()
    {
        // An inner message of 2^31 - 1 bytes, and in it an advert of 16 million.
        var message = Convert.FromHexString("0801" + "1a0f" + "0a0d" + "0affffffff07" + "0a80808008" + "0000");
        WireDecoder.Decode(message);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var result = WireDecoder.Decode(message);

        Assert.IsType<DecodeResult.Malformed>(result);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 10_000);
    }

    [Fact]
    public void Bodies_in_several_pieces_do_not_get_round_the_limit_of_one()
    {
        // 300 and 300 and 300 and 300 entries in four digests of one message.
        byte[] digest = [0x22, .. Varint(300 * 2), .. Enumerable.Repeat(new byte[] { 0x0A, 0x00 }, 300).SelectMany(static part => part)];
        byte[] message = [0x08, 0x01, .. digest, .. digest, .. digest, .. digest];

        Assert.IsType<DecodeResult.Malformed>(WireDecoder.Decode(message));
    }

    private static byte[] Mutate(byte[] sample, Random random)
    {
        var bytes = sample.ToList();
        for (var change = random.Next(1, 5); change > 0 && bytes.Count > 0; change--)
        {
            var place = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[place] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[place] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveAt(place);
                    break;
                case 3:
                    bytes.Insert(place, (byte)random.Next(256));
                    break;
                default:
                    bytes.RemoveRange(place, random.Next(bytes.Count - place));
                    break;
            }
        }

        return [.. bytes];
    }

    private static byte[] Varint(int value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)((value & 0x7F) | 0x80));
        }

        bytes.Add((byte)value);
        return [.. bytes];
    }
}
