using Eddy.Configuration;

namespace Eddy.Tests.Configuration;

public sealed class QuotedTests
{
    private const string Key = "02a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90";

    [Theory]
    [InlineData("ten", "'ten'")]
    [InlineData("", "''")]
    [InlineData(Key, "'02a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d...'")]
    [InlineData("a\u001b[2Jb", "'a?[2Jb'")]
    [InlineData("0123456789abcdef0123456789abcdef", "'01234567...'")]
    [InlineData("/home/bob/.lnd/data/chain/bitcoin/mainnet/a-directory-with-a-long-name/eddy.macaroon", "'/home/bob/.lnd/data/chain/bitcoin/mainnet/a-directory-with-a...'")]
    [InlineData("macaroon 0201036c6e640258030a10703621dcc05e5ae15c8b29e4b8e843141201301a760a0375726912", "'macaroon...'")]
    public void What_an_error_repeats_is_short_printable_and_no_secret(string text, string quoted) => Assert.Equal(quoted, Quoted.From(text));

    [Fact]
    public void The_content_of_a_file_is_no_path_to_it()
    {
        var content = new string('a', 128);
        var result = ConfigLoader.Load(null, new Dictionary<string, string> { ["EDDY_LND__MACAROON"] = content }, new Dictionary<ConfigKey, string>());

        var mistake = Assert.Single(result.Mistakes);
        Assert.Contains("the path of the file is wanted", mistake.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(content, mistake.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_text_is_one_mistake()
    {
        using var home = new TemporaryDirectory();
        File.WriteAllBytes(home.File("eddy.conf"), [.. Enumerable.Range(0, 4096).Select(number => (byte)(number * 7 % 256))]);

        var result = ConfigLoader.Load(home.File("eddy.conf"), new Dictionary<string, string>(), new Dictionary<ConfigKey, string>());

        Assert.Contains("not a text file", Assert.Single(result.Mistakes).ToString(), StringComparison.Ordinal);
    }
}
