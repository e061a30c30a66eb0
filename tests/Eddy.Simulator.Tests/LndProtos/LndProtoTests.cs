using Eddy.Protos.Invoicesrpc;
using Eddy.Protos.Lnrpc;
using Eddy.Protos.Routerrpc;
using Eddy.Protos.Verrpc;
using Google.Protobuf.Reflection;

namespace Eddy.Simulator.Tests.LndProtos;

/// <summary>Our declaration of LND's API against the one other people's client carries.</summary>
public sealed class LndProtoTests
{
    private static readonly FileDescriptor[] Ours =
    [
        LightningReflection.Descriptor, StateserviceReflection.Descriptor, RouterReflection.Descriptor, InvoicesReflection.Descriptor,
        VerrpcReflection.Descriptor,
    ];

    // Not in the package's protos: the first two left with LND 0.21, the third is newer than the package's copy.
    private static readonly HashSet<string> VersionDependent =
    [
        "lnrpc.QueryRoutesRequest.outgoing_chan_id = 14",
        "routerrpc.SendPaymentRequest.outgoing_chan_id = 8",
        "routerrpc.ForwardHtlcInterceptRequest.outgoing_requested_node_id = 12",
    ];

    [Fact]
    public async Task Names_numbers_types_labels_and_methods_are_those_of_LND()
    {
        var theirs = await TheirsAsync(text => text);

        Assert.Empty(ProtoComparison.Differences(Ours, theirs, VersionDependent));
        Assert.True(theirs.Messages.Count > 200, $"Only {theirs.Messages.Count} messages were read.");
    }

    [Theory]
    [InlineData("uint64 chan_id = 4 [", "uint64 chan_id = 44 [", "number of lnrpc.Channel.chan_id: 4 here, 44 there")]
    [InlineData("int64 local_balance = 6;", "uint64 local_balance = 6;", "type of lnrpc.Channel.local_balance: int64 here, uint64 there")]
    [InlineData("repeated HTLC pending_htlcs = 15;", "HTLC pending_htlcs = 15;", "label of lnrpc.Channel.pending_htlcs: repeated here,  there")]
    [InlineData("RESUME_MODIFIED = 3;", "RESUME_MODIFIED = 4;", "value routerrpc.ResolveHoldForwardAction.RESUME_MODIFIED: 3 here, 4 there")]
    [InlineData(
        "rpc TrackPaymentV2 (TrackPaymentRequest) returns (stream lnrpc.Payment);",
        "rpc TrackPaymentV2 (TrackPaymentRequest) returns (lnrpc.Payment);",
        "server streaming of routerrpc.Router/TrackPaymentV2: True here, False there")]
    [InlineData("bytes funding_txid_bytes = 1;", "} bytes funding_txid_bytes = 1; oneof other {", "oneof of lnrpc.ChannelPoint.funding_txid_bytes: funding_txid here,  there")]
    public async Task A_changed_declaration_is_noticed(string original, string changed, string difference)
    {
        var replaced = false;
        var theirs = await TheirsAsync(text =>
        {
            // Comments stand between the lines, so the first occurrence of the line alone is what is changed.
            var at = text.IndexOf(original, StringComparison.Ordinal);
            if (at < 0 || replaced)
            {
                return text;
            }

            replaced = true;
            at = difference.Contains("lnrpc.Channel.", StringComparison.Ordinal)
                ? text.IndexOf(original, text.IndexOf("message Channel {", StringComparison.Ordinal), StringComparison.Ordinal)
                : at;
            return text[..at] + changed + text[(at + original.Length)..];
        });

        Assert.True(replaced, "The line was not found.");
        Assert.Contains(difference, ProtoComparison.Differences(Ours, theirs, VersionDependent));
    }

    private static async Task<ProtoSchema> TheirsAsync(Func<string, string> change)
    {
        var package = await NpmPackage.LightningAsync(TestContext.Current.CancellationToken);
        string[] files = ["lightning.proto", "stateservice.proto", "router.proto", "invoices.proto", "verrpc.proto"];
        return files
            .Select(file => File.ReadAllText(Path.Combine(package, "grpc", "protos", file)))
            .Aggregate(ProtoSchema.Empty, (schema, text) => schema.Merge(ProtoParser.Parse(change(text))));
    }
}
