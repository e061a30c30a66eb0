using Eddy.Simulator.Grpc;
using Eddy.Simulator.Tests.Recorded;

namespace Eddy.Simulator.Tests.Grpc;

/// <summary>Macaroons: the format against ones that real LND baked, the checks against LND's texts.</summary>
public sealed class MacaroonTests
{
    private const string GetInfo = "/lnrpc.Lightning/GetInfo";
    private const string Loopback = "127.0.0.1";

    private readonly FixedClock _clock = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));

    [Theory]
    [InlineData("0280808080808080808001")] // a field number of 2^63, beyond every bound on the way
    [InlineData("02018080808008")]
    [InlineData("028080808080808080808080")]
    [InlineData("02")]
    public void A_number_that_overflows_is_refused_as_LND_does(string hex)
    {
        Assert.False(Macaroon.Parse(Convert.FromHexString(hex)).TryGet(out _, out var error));
        Assert.StartsWith("unmarshal v2: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_macaroon_baked_by_LND_is_read_to_its_operations_and_written_back_the_same()
    {
        var baked = (from experiment in RecordedExperiment.All()
                     from call in experiment.Calls("BakeMacaroon")
                     where call.TryGetProperty("response", out _)
                     select call).ToList();
        Assert.NotEmpty(baked);

        foreach (var call in baked)
        {
            var bytes = Convert.FromHexString(call.GetProperty("response").GetProperty("macaroon").GetString()!);
            Assert.True(Macaroon.Parse(bytes).TryGet(out var macaroon, out _));
            var id = MacaroonId.TryParse(macaroon.Id.AsSpan());

            Assert.NotNull(id);
            Assert.Equal("0", id.RootKeyId);
            Assert.Equal("lnd", macaroon.Location);
            Assert.Equal(MacaroonId.NonceSize, id.Nonce.Length);
            var asked = call.GetProperty("request").GetProperty("permissions").EnumerateArray()
                .Select(op => new MacaroonOp(op.GetProperty("entity").GetString()!, op.GetProperty("action").GetString()!));
            Assert.Equal(asked.OrderBy(op => op.ToString(), StringComparer.Ordinal), id.Ops.OrderBy(op => op.ToString(), StringComparer.Ordinal));
            Assert.Equal(macaroon.Id, id.ToBytes());
            Assert.Equal(bytes, macaroon.ToBytes());
        }
    }

    [Fact]
    public void The_admin_macaroon_opens_every_method_and_the_readonly_one_no_writing()
    {
        var bakery = new MacaroonBakery(_clock);
        var admin = Hex(bakery.Bake(MethodPermissions.Admin));
        var readOnly = Hex(bakery.Bake(MethodPermissions.ReadOnly));

        Assert.All(MethodPermissions.ByMethod.Keys, method => Assert.Null(bakery.Authorize([admin], method, Loopback)));
        Assert.Null(bakery.Authorize([readOnly], "/lnrpc.Lightning/ListChannels", Loopback));
        Assert.Equal(RpcError.Plain("permission denied"), bakery.Authorize([readOnly], "/routerrpc.Router/HtlcInterceptor", Loopback));
        Assert.Equal(RpcError.Plain("permission denied"), bakery.Authorize([readOnly], "/lnrpc.Lightning/AddInvoice", Loopback));
    }

    [Theory]
    [InlineData("lnd")]
    [InlineData("lnd-0.18.5")]
    [InlineData("lnd-0.21.2")]
    public void LNDs_own_macaroons_open_what_they_opened_on_real_nodes(string folder)
    {
        var bakery = new MacaroonBakery(_clock);
        var summary = RecordedExperiment.Load($"{folder}/mac1_permissions").Root.GetProperty("summary");
        var paths = MethodPermissions.ByMethod.Keys.ToDictionary(path => path[(path.LastIndexOf('/') + 1)..]);
        foreach (var needed in summary.GetProperty("required").EnumerateObject())
        {
            Assert.Equal(needed.Value.GetString(), MethodPermissions.ByMethod[needed.Name].ToString());
        }

        foreach (var (kind, ops) in new[] { ("readonly", MethodPermissions.ReadOnly), ("invoice", MethodPermissions.Invoice) })
        {
            var macaroon = Hex(bakery.Bake(ops));
            foreach (var outcome in summary.GetProperty(kind).EnumerateObject())
            {
                var expected = outcome.Value.ValueKind == System.Text.Json.JsonValueKind.Object ? outcome.Value.GetProperty("message").GetString() : null;
                Assert.Equal(expected, bakery.Authorize([macaroon], paths[outcome.Name], Loopback)?.Message);
            }
        }
    }

    [Fact]
    public void A_uri_permission_opens_its_method_and_no_other()
    {
        var bakery = new MacaroonBakery(_clock);
        var macaroon = Hex(bakery.Bake([new(MacaroonOp.UriEntity, GetInfo)], rootKeyId: 701));

        Assert.Null(bakery.Authorize([macaroon], GetInfo, Loopback));
        Assert.Equal(RpcError.Plain("permission denied"), bakery.Authorize([macaroon], "/verrpc.Versioner/GetVersion", Loopback));
    }

    [Fact]
    public void The_state_service_needs_no_macaroon() =>
        Assert.Null(new MacaroonBakery(_clock).Authorize([], "/lnrpc.State/GetState", Loopback));

    [Fact]
    public void Refusals_have_LNDs_texts()
    {
        var bakery = new MacaroonBakery(_clock);
        var admin = bakery.Bake(MethodPermissions.Admin);
        var foreign = new MacaroonBakery(_clock).Bake(MethodPermissions.Admin);
        var tampered = admin with { Signature = [.. new byte[32]] };
        var unknownKey = new MacaroonBakery(_clock).Bake(MethodPermissions.Admin, rootKeyId: 5);

        Assert.Equal("expected 1 macaroon, got 0", Refusal(bakery));
        Assert.Equal("expected 1 macaroon, got 2", Refusal(bakery, Hex(admin), Hex(admin)));
        Assert.Equal("verification failed: signature mismatch after caveat verification", Refusal(bakery, Hex(foreign)));
        Assert.Equal("verification failed: signature mismatch after caveat verification", Refusal(bakery, Hex(tampered)));
        Assert.Equal("cannot retrieve macaroon: cannot get macaroon: root key with id 5 doesn't exist", Refusal(bakery, Hex(unknownKey)));
        Assert.Equal("encoding/hex: invalid byte: U+006E 'n'", Refusal(bakery, "nonsense"));
        Assert.Equal("encoding/hex: odd length hex string", Refusal(bakery, "020"));
        Assert.Equal("empty macaroon data", Refusal(bakery, ""));
        Assert.Equal("cannot determine data format of binary-encoded macaroon", Refusal(bakery, "ff00"));
        Assert.Equal("unmarshal v2: field data extends past end of buffer", Refusal(bakery, Hex(admin)[..8]));
    }

    [Fact]
    public void Caveats_narrow_a_macaroon_and_cannot_be_taken_off()
    {
        var bakery = new MacaroonBakery(_clock);
        var admin = bakery.Bake(MethodPermissions.Admin);
        var later = admin.WithCaveat($"time-before {_clock.GetUtcNow().AddMinutes(1):O}");
        var earlier = $"time-before {_clock.GetUtcNow().AddMinutes(-1):O}";

        Assert.Null(bakery.Authorize([Hex(later)], GetInfo, Loopback));
        Assert.Null(bakery.Authorize([Hex(admin.WithCaveat($"ipaddr {Loopback}"))], GetInfo, Loopback));
        Assert.Equal($"caveat \"{earlier}\" not satisfied: macaroon has expired", Refusal(bakery, Hex(admin.WithCaveat(earlier))));
        Assert.Equal(
            "caveat \"ipaddr 10.0.0.1\" not satisfied: macaroon locked to different IP address", Refusal(bakery, Hex(admin.WithCaveat("ipaddr 10.0.0.1"))));
        Assert.Equal("caveat \"whatever\" not satisfied: caveat not recognized", Refusal(bakery, Hex(admin.WithCaveat("whatever"))));
        Assert.Equal(
            "verification failed: signature mismatch after caveat verification",
            Refusal(bakery, Hex(admin.WithCaveat(earlier) with { Caveats = [] })));
    }

    [Fact]
    public void Baking_refuses_what_LND_refuses()
    {
        var bakery = new MacaroonBakery(_clock);

        Assert.StartsWith("permission list cannot be empty.", Bake(), StringComparison.Ordinal);
        Assert.StartsWith("invalid permission entity.", Bake(new MacaroonOp("nothing", "read")), StringComparison.Ordinal);
        Assert.StartsWith("invalid permission action. supported actions are [read write generate]", Bake(new MacaroonOp("info", "look")), StringComparison.Ordinal);
        Assert.Equal(
            "invalid permission action, must be an existing URI in the format /package.Service/MethodName",
            Bake(new MacaroonOp(MacaroonOp.UriEntity, "/lnrpc.State/GetState")));

        string Bake(params MacaroonOp[] ops)
        {
            Assert.False(bakery.TryBake([.. ops], 0, allowExternal: false).TryGet(out _, out var error));
            return error.Message;
        }
    }

    private static string Hex(Macaroon macaroon) => Convert.ToHexStringLower(macaroon.ToBytes());

    private static string Refusal(MacaroonBakery bakery, params string[] entries)
    {
        var error = bakery.Authorize(entries, GetInfo, Loopback);
        Assert.NotNull(error);
        Assert.Equal(RpcCode.Unknown, error.Code);
        return error.Message;
    }

    private sealed class FixedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
