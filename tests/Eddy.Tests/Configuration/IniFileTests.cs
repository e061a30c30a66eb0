using Eddy.Configuration;

namespace Eddy.Tests.Configuration;

public sealed class IniFileTests
{
    [Theory]
    [InlineData("host=a:1", "a:1")]
    [InlineData("  host =  a:1  ", "a:1")]
    [InlineData("host=a:1 ; the node", "a:1")]
    [InlineData("host=a:1\t# the node", "a:1")]
    [InlineData("host=a#1", "a#1")]
    [InlineData("host=a;1", "a;1")]
    [InlineData("host=; nothing", "")]
    [InlineData("host=", "")]
    [InlineData("host=a=b", "a=b")]
    [InlineData("host=\"a # b\"", "a # b")]
    [InlineData("host=\"a ; b\" ; comment", "a ; b")]
    [InlineData("HOST=A", "A")]
    [InlineData("host=a:1\r", "a:1")]
    public void A_value_ends_where_its_comment_begins(string line, string value)
    {
        var file = IniFile.Parse("f", $"[lnd]\n{line}");

        Assert.Empty(file.Mistakes);
        Assert.Equal(new IniEntry("lnd", "", "host", value, 2), Assert.Single(file.Entries));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("# comment\n; comment\n  # comment")]
    [InlineData("[lnd]")]
    [InlineData("[lnd] # comment")]
    public void Comments_and_empty_sections_say_nothing(string text)
    {
        var file = IniFile.Parse("f", text);

        Assert.Empty(file.Mistakes);
        Assert.Empty(file.Entries);
    }

    [Theory]
    [InlineData("[channel 870127x1237x1]", "channel", "870127x1237x1")]
    [InlineData("[ peer   02ab ]", "peer", "02ab")]
    [InlineData("[LND]", "lnd", "")]
    [InlineData("\uFEFF[lnd]", "lnd", "")]
    public void A_section_has_a_name_and_perhaps_an_argument(string section, string name, string argument)
    {
        var entry = Assert.Single(IniFile.Parse("f", $"{section}\nkey=value").Entries);

        Assert.Equal((name, argument), (entry.Section, entry.Argument));
    }

    [Fact]
    public void Every_mistake_is_reported_with_its_line()
    {
        var file = IniFile.Parse("eddy.conf", "[lnd\nhost\n[rings]\n=3\ntarget=\"0.5\n[]\n[rings] x\nminamount=1");

        Assert.Equal(
            ["eddy.conf:1", "eddy.conf:2", "eddy.conf:4", "eddy.conf:5", "eddy.conf:6", "eddy.conf:7"],
            file.Mistakes.Select(mistake => mistake.Origin.ToString()));
        Assert.Empty(file.Entries);
    }
}
