using Eddy.Lnd.Access;

namespace Eddy.Lnd.Tests;

public sealed class MacaroonRightsTests
{
    // Baked by LND 0.20.3 on a regtest network that is no more.
    private const string Recorded =
        "0201036c6e64028e01030a10703621dcc05e5ae15c8b29e4b8e843141201301a760a0375726912222f6c6e7270632e4c696768746e696e672f53656e64437573746f6d"
        + "4d65737361676512282f6c6e7270632e4c696768746e696e672f537562736372696265437573746f6d4d6573736167657312212f726f757465727270632e526f757465"
        + "722f48746c63496e746572636570746f720000062084d21da23105d8f575e8484683aeed0c20ee9aacd711424d818d6a45d46544e6";

    [Fact]
    public void The_operations_of_a_macaroon_baked_by_LND_are_read()
    {
        var operations = MacaroonIdentifier.ReadOperations(Convert.FromHexString(Recorded));

        Assert.Equal(
            [
                ("uri", "/lnrpc.Lightning/SendCustomMessage"),
                ("uri", "/lnrpc.Lightning/SubscribeCustomMessages"),
                ("uri", "/routerrpc.Router/HtlcInterceptor"),
            ],
            operations!.Order());
    }

    [Fact]
    public void No_damage_to_a_macaroon_makes_reading_it_throw()
    {
        var bytes = Convert.FromHexString(Recorded);
        var random = new Random(7);
        for (var round = 0; round < 5_000; round++)
        {
            var damaged = bytes[..random.Next(bytes.Length)];
            for (var change = 0; damaged.Length > 0 && change < 3; change++)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            _ = MacaroonIdentifier.ReadOperations(damaged);
        }
    }

    [Fact]
    public void LNDs_own_permissions_cover_the_methods_they_stand_for()
    {
        HashSet<(string, string)> admin =
        [
            ("info", "read"), ("offchain", "read"), ("offchain", "write"), ("peers", "read"), ("message", "write"),
            ("invoices", "read"), ("invoices", "write"), ("macaroon", "read"),
        ];

        Assert.Empty(MacaroonRights.Missing(admin));
        admin.Remove(("offchain", "write"));
        Assert.Equal(
            ["/lnrpc.Lightning/SendCustomMessage", "/routerrpc.Router/SendToRouteV2", "/routerrpc.Router/HtlcInterceptor"],
            MacaroonRights.Missing(admin).Select(right => right.Method));
    }

    [Fact]
    public void The_line_to_bake_names_each_method_once_and_nothing_that_cannot_be_baked()
    {
        var line = MacaroonRights.BakeCommand("/home/bob/my eddy.macaroon", "regtest");

        Assert.StartsWith("lncli --network=regtest bakemacaroon --save_to='/home/bob/my eddy.macaroon' --root_key_id=701 uri:/", line, StringComparison.Ordinal);
        Assert.All(MacaroonRights.All, right => Assert.Equal(2, line.Split($"uri:{right.Method}").Length));
        Assert.DoesNotContain("lnrpc.State", line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line);
    }

    [Theory]
    [InlineData("0.20.3-beta commit=v0.20.3-beta", 0, 20, 3)]
    [InlineData("v0.18.5-beta.rc1", 0, 18, 5)]
    [InlineData("0.21.2", 0, 21, 2)]
    public void Versions_are_read_as_LND_writes_them(string text, int major, int minor, int patch)
    {
        Assert.True(LndVersion.TryParse(text, out var version));
        Assert.Equal(new LndVersion((uint)major, (uint)minor, (uint)patch), version);
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("master")]
    [InlineData("0.20")]
    public void What_is_no_version_is_not_taken_for_one(string? text) => Assert.False(LndVersion.TryParse(text, out _));
}
