using Eddy.Configuration;

namespace Eddy.Tests.Configuration;

public sealed class NearestNameTests
{
    [Theory]
    [InlineData("targt", "target")]
    [InlineData("taregt", "target")]
    [InlineData("Target", "target")]
    [InlineData("min-amount", "minamount")]
    [InlineData("maxamout", "maxamount")]
    [InlineData("maxlenght", "maxlength")]
    [InlineData("intervall", "interval")]
    [InlineData("dead_band", "deadband")]
    public void The_nearest_key_is_the_one_that_was_meant(string typed, string meant) =>
        Assert.Equal(meant, NearestName.Of(typed, ConfigKeys.All.Where(key => key.Section == "rings").Select(key => key.Name)));

    [Theory]
    [InlineData("", "abc", 3)]
    [InlineData("abc", "abc", 0)]
    [InlineData("acb", "abc", 1)]
    [InlineData("abcd", "bc", 2)]
    public void Distance_counts_edits_and_swaps(string left, string right, int edits) => Assert.Equal(edits, NearestName.Distance(left, right));

    [Fact]
    public void A_word_of_any_length_costs_no_more_than_a_long_name()
    {
        var typed = new string('x', 1_000_000);
        NearestName.Of(typed, ["target"]);
        var before = GC.GetAllocatedBytesForCurrentThread();

        NearestName.Of(typed, ["target"]);

        // The word itself is written in capitals once.
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 3_000_000);
    }

    [Fact]
    public void What_resembles_nothing_is_likely_nothing() => Assert.Null(NearestName.LikelyOf("zzzzzzzz", ["status", "run"]));
}
