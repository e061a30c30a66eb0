using System.Text.Json;
using Eddy.Lightning;
using Eddy.Simulator.Tests.Recorded;

namespace Eddy.Simulator.Tests;

/// <summary>BOLT 11 against the payment requests that real LND nodes of three versions made.</summary>
public sealed class Bolt11Tests
{
    // 104 words of signature and 6 of checksum.
    private const int SignedTail = 110;

    [Fact]
    public void Every_recorded_payment_request_reads_as_the_invoice_it_was_made_for()
    {
        var count = 0;
        foreach (var (call, _) in RecordedInvoices())
        {
            var request = Decode(call.GetProperty("response").GetProperty("payment_request").GetString()!);
            Assert.Equal("bcrt", request.Currency);
            Assert.Equal(call.GetProperty("request").GetProperty("value_msat").GetString(), request.Amount.Value.ToString());
            Assert.Equal(call.GetProperty("response").GetProperty("payment_addr").GetString(), request.PaymentAddr.ToString());
            Assert.Equal(call.GetProperty("request").TryGetProperty("memo", out var memo) ? memo.GetString() : "", request.Description);
            Assert.Equal(call.GetProperty("request").TryGetProperty("cltv_expiry", out var cltv) ? uint.Parse(cltv.GetString()!) : 80, request.CltvExpiry);
            Assert.Equal(TimeSpan.FromDays(1), request.Expiry);
            Assert.Equal(PaymentRequest.LndFeatures, request.Features);
            if (call.GetProperty("response").TryGetProperty("r_hash", out var hash))
            {
                Assert.Equal(hash.GetString(), request.Hash.ToString());
            }

            count++;
        }

        Assert.True(count > 100, $"Only {count} invoices were found.");
    }

    [Fact]
    public void The_recovered_payee_is_the_node_the_recorded_route_ends_at()
    {
        var count = 0;
        foreach (var (call, experiment) in RecordedInvoices())
        {
            if (!call.GetProperty("response").TryGetProperty("r_hash", out var hash))
            {
                continue;
            }

            foreach (var send in experiment.Calls("SendToRouteV2").Where(send => IsSuccessFor(send, hash.GetString()!)))
            {
                var hops = send.GetProperty("request").GetProperty("route").GetProperty("hops");
                var request = Decode(call.GetProperty("response").GetProperty("payment_request").GetString()!);
                Assert.Equal(hops[hops.GetArrayLength() - 1].GetProperty("pub_key").GetString(), request.Payee.ToString());
                count++;
            }
        }

        Assert.True(count > 50, $"Only {count} payments were found.");
    }

    [Fact]
    public void Encoding_a_recorded_request_again_gives_the_same_text_up_to_the_signature()
    {
        var key = NodeKey.Derive(1, "payee");
        foreach (var (call, _) in RecordedInvoices())
        {
            var text = call.GetProperty("response").GetProperty("payment_request").GetString()!;
            var again = Bolt11.Encode(Decode(text) with { Payee = key.Id }, key);

            Assert.Equal(text[..^SignedTail], again[..^SignedTail]);
            Assert.Equal(key.Id, Decode(again).Payee);
        }
    }

    [Theory]
    [InlineData(0, "lnbc1")]
    [InlineData(1, "lnbc10p1")]
    [InlineData(1_000, "lnbc10n1")]
    [InlineData(100_000_001, "lnbc1000000010p1")]
    [InlineData(250_000_000, "lnbc2500u1")]
    [InlineData(2_000_000_000_000, "lnbc201")]
    public void Amounts_take_the_largest_multiplier_that_leaves_a_whole_number(long msat, string prefix)
    {
        var key = NodeKey.Derive(7, "payee");
        var request = Sample(key) with { Amount = new MilliSatoshi(msat) };

        var text = Bolt11.Encode(request, key);

        Assert.StartsWith(prefix, text, StringComparison.Ordinal);
        Assert.Equal(msat, Decode(text).Amount.Value);
    }

    [Fact]
    public void Route_hints_and_a_description_hash_survive()
    {
        var key = NodeKey.Derive(7, "payee");
        var hop = new RouteHintHop(NodeKey.Derive(8, "hint").Id, ShortChannelId.Create(16_000_001, 2, 3), 1_000, 250, 80);
        var request = Sample(key) with
        {
            Description = "",
            DescriptionHash = Bytes32.Sha256("a long text"u8),
            RouteHints = [[hop, hop with { FeePpm = 1 }], [hop]],
        };

        var decoded = Decode(Bolt11.Encode(request, key));

        Assert.Equal(request.DescriptionHash, decoded.DescriptionHash);
        Assert.Equal(request.RouteHints.SelectMany(hint => hint), decoded.RouteHints.SelectMany(hint => hint));
        Assert.Equal([2, 1], decoded.RouteHints.Select(hint => hint.Length));
    }

    [Theory]
    [InlineData("")]
    [InlineData("lnbcrt1")]
    [InlineData("\u65e5\u672c1qqqqqqqqqq")]
    [InlineData("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080")]
    public void What_is_no_payment_request_is_refused_with_a_reason(string text)
    {
        Assert.False(Bolt11.TryDecode(text, out _, out var reason));
        Assert.StartsWith("failed to decode payment request", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_letter_breaks_the_checksum()
    {
        var key = NodeKey.Derive(7, "payee");
        var text = Bolt11.Encode(Sample(key), key).ToCharArray();
        text[20] = text[20] == 'q' ? 'p' : 'q';

        Assert.False(Bolt11.TryDecode(new string(text), out _, out _));
    }

    private static bool IsSuccessFor(JsonElement send, string hash) =>
        send.GetProperty("request").GetProperty("payment_hash").GetString() == hash
        && send.TryGetProperty("response", out var response)
        && response.GetProperty("status").GetString() == "SUCCEEDED";

    private static PaymentRequest Sample(NodeKey key) => new()
    {
        Currency = "bc",
        Payee = key.Id,
        Amount = new MilliSatoshi(5_000),
        Timestamp = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000),
        Hash = new PaymentHash(Bytes32.Sha256("preimage"u8)),
        PaymentAddr = Bytes32.Sha256("address"u8),
        Description = "a memo",
        Features = PaymentRequest.LndFeatures,
    };

    private static PaymentRequest Decode(string text)
    {
        Assert.True(Bolt11.TryDecode(text, out var request, out var reason), reason);
        return request;
    }

    private static IEnumerable<(JsonElement Call, RecordedExperiment Experiment)> RecordedInvoices() =>
        from experiment in RecordedExperiment.All()
        from call in experiment.Calls("AddInvoice").Concat(experiment.Calls("AddHoldInvoice"))
        where call.TryGetProperty("response", out _)
        select (call, experiment);
}
