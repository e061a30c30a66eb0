using FsCheck;
using FsCheck.Fluent;
using Grpc.Core;

namespace Eddy.Grpc.Tests;

public sealed class GrpcHeadersTests
{
    [Theory]
    [InlineData("100%", "100%25")]
    [InlineData("a\nb", "a%0Ab")]
    [InlineData("ż", "%C5%BC")]
    [InlineData("plain ~ text!", "plain ~ text!")]
    public void Texts_are_percent_encoded(string text, string encoded)
    {
        Assert.Equal(encoded, GrpcHeaders.EncodeMessage(text));
        Assert.Equal(text, GrpcHeaders.DecodeMessage(encoded));
    }

    [Theory]
    [InlineData("100%", "100%")]
    [InlineData("%zz%4", "%zz%4")]
    [InlineData("%41%", "A%")]
    [InlineData("%e2%9a%a1", "⚡")]
    public void A_text_that_was_not_encoded_stands_as_it_is(string received, string text) =>
        Assert.Equal(text, GrpcHeaders.DecodeMessage(received));

    [Fact]
    public void A_name_that_will_not_do_is_looked_at_once_however_many_values_it_has()
    {
        var metadata = new Metadata();
        var values = new string(',', 10_000);
        GrpcHeaders.AddReceived(metadata, "no name-bin", values);
        var before = GC.GetAllocatedBytesForCurrentThread();

        GrpcHeaders.AddReceived(metadata, "no name-bin", values);

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1_000_000);
        Assert.Empty(metadata);
    }

    [Fact]
    public void Every_text_comes_back_and_its_encoding_is_printable() => Check.One(
        Config.QuickThrowOnFailure,
        Prop.ForAll<string>(generated =>
        {
            // Half a surrogate pair is no text.
            var text = new string([.. (generated ?? "").Where(c => !char.IsSurrogate(c))]);
            var encoded = GrpcHeaders.EncodeMessage(text);
            return encoded.All(c => c is >= ' ' and <= '~') && GrpcHeaders.DecodeMessage(encoded) == text;
        }));

    [Theory]
    [InlineData(1, "1u")]
    [InlineData(11, "2u")]
    [InlineData(TimeSpan.TicksPerSecond, "1000000u")]
    [InlineData(TimeSpan.TicksPerSecond * 100, "100000m")]
    [InlineData(TimeSpan.TicksPerHour * 28, "100800S")]
    [InlineData(long.MaxValue, "99999999H")]
    public void A_timeout_is_written_in_at_most_eight_digits(long ticks, string expected)
    {
        Assert.Equal(expected, GrpcHeaders.EncodeTimeout(new TimeSpan(ticks)));
    }

    [Fact]
    public void A_timeout_is_never_shortened_and_hardly_lengthened() => Check.One(
        Config.QuickThrowOnFailure,
        Prop.ForAll(
            Gen.Choose(0, 62).SelectMany(shift => Gen.Choose(1, int.MaxValue).Select(n => Math.Max(1, unchecked(((long)n << 32) | (uint)n) >> (shift + 1)))).ToArbitrary(),
            ticks =>
            {
                const long longest = 99_999_999 * TimeSpan.TicksPerHour;
                var text = GrpcHeaders.EncodeTimeout(new TimeSpan(ticks));
                return text.Length <= 9
                    && GrpcHeaders.TryDecodeTimeout(text, out var decoded)
                    && decoded.Ticks >= Math.Min(ticks, longest)
                    && decoded.Ticks - ticks <= Math.Max(10, ticks / 100_000);
            }));

    [Theory]
    [InlineData("application/grpc", true)]
    [InlineData("application/grpc+proto", true)]
    [InlineData("application/grpc; charset=utf-8", true)]
    [InlineData("application/grpc-web", false)]
    [InlineData("text/plain", false)]
    [InlineData(null, false)]
    public void The_content_type_tells_gRPC(string? contentType, bool expected) =>
        Assert.Equal(expected, GrpcHeaders.IsGrpc(contentType));
}
