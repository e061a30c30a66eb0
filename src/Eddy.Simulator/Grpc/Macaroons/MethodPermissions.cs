using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Eddy.Simulator.Grpc;

/// <summary>What LND 0.18.5 to 0.21.2 ask of a macaroon for each method, and the sets in the macaroons they write themselves.</summary>
public static class MethodPermissions
{
    /// <summary>By full method path. A method that is not here needs no macaroon (the State service).</summary>
    public static readonly FrozenDictionary<string, MacaroonOp> ByMethod = new Dictionary<string, string>
    {
        ["/lnrpc.Lightning/GetInfo"] = "info:read",
        ["/lnrpc.Lightning/WalletBalance"] = "onchain:read",
        ["/lnrpc.Lightning/ChannelBalance"] = "offchain:read",
        ["/lnrpc.Lightning/SignMessage"] = "message:write",
        ["/lnrpc.Lightning/VerifyMessage"] = "message:read",
        ["/lnrpc.Lightning/BakeMacaroon"] = "macaroon:generate",
        ["/lnrpc.Lightning/CheckMacaroonPermissions"] = "macaroon:read",
        ["/lnrpc.Lightning/ConnectPeer"] = "peers:write",
        ["/lnrpc.Lightning/DisconnectPeer"] = "peers:write",
        ["/lnrpc.Lightning/ListPeers"] = "peers:read",
        ["/lnrpc.Lightning/SubscribePeerEvents"] = "peers:read",
        ["/lnrpc.Lightning/SendCustomMessage"] = "offchain:write",
        ["/lnrpc.Lightning/SubscribeCustomMessages"] = "offchain:read",
        ["/lnrpc.Lightning/ListChannels"] = "offchain:read",
        ["/lnrpc.Lightning/PendingChannels"] = "offchain:read",
        ["/lnrpc.Lightning/ClosedChannels"] = "offchain:read",
        ["/lnrpc.Lightning/SubscribeChannelEvents"] = "offchain:read",
        ["/lnrpc.Lightning/LookupHtlcResolution"] = "offchain:read",
        ["/lnrpc.Lightning/AddInvoice"] = "invoices:write",
        ["/lnrpc.Lightning/ListInvoices"] = "invoices:read",
        ["/lnrpc.Lightning/LookupInvoice"] = "invoices:read",
        ["/lnrpc.Lightning/SubscribeInvoices"] = "invoices:read",
        ["/lnrpc.Lightning/DecodePayReq"] = "offchain:read",
        ["/lnrpc.Lightning/ListPayments"] = "offchain:read",
        ["/lnrpc.Lightning/QueryRoutes"] = "info:read",
        ["/lnrpc.Lightning/DescribeGraph"] = "info:read",
        ["/lnrpc.Lightning/GetChanInfo"] = "info:read",
        ["/lnrpc.Lightning/GetNodeInfo"] = "info:read",
        ["/lnrpc.Lightning/SubscribeChannelGraph"] = "info:read",
        ["/lnrpc.Lightning/FeeReport"] = "offchain:read",
        ["/lnrpc.Lightning/UpdateChannelPolicy"] = "offchain:write",
        ["/lnrpc.Lightning/ForwardingHistory"] = "offchain:read",
        ["/routerrpc.Router/SendToRouteV2"] = "offchain:write",
        ["/routerrpc.Router/SendPaymentV2"] = "offchain:write",
        ["/routerrpc.Router/TrackPaymentV2"] = "offchain:read",
        ["/routerrpc.Router/TrackPayments"] = "offchain:read",
        ["/routerrpc.Router/BuildRoute"] = "offchain:read",
        ["/routerrpc.Router/HtlcInterceptor"] = "offchain:write",
        ["/routerrpc.Router/SubscribeHtlcEvents"] = "offchain:read",
        ["/invoicesrpc.Invoices/AddHoldInvoice"] = "invoices:write",
        ["/invoicesrpc.Invoices/SettleInvoice"] = "invoices:write",
        ["/invoicesrpc.Invoices/CancelInvoice"] = "invoices:write",
        ["/invoicesrpc.Invoices/SubscribeSingleInvoice"] = "invoices:read",
        ["/invoicesrpc.Invoices/LookupInvoiceV2"] = "invoices:write",
        ["/verrpc.Versioner/GetVersion"] = "info:read",
    }.ToFrozenDictionary(entry => entry.Key, entry => Parse(entry.Value), StringComparer.Ordinal);

    public static readonly ImmutableArray<string> Actions = ["read", "write", "generate"];

    public static readonly ImmutableArray<string> Entities =
        ["onchain", "offchain", "address", "message", "peers", "info", "invoices", "signer", "macaroon", MacaroonOp.UriEntity];

    /// <summary>What <c>readonly.macaroon</c> allows.</summary>
    public static readonly ImmutableArray<MacaroonOp> ReadOnly = Set(
        "onchain:read offchain:read address:read message:read peers:read info:read invoices:read signer:read macaroon:read");

    /// <summary>What <c>admin.macaroon</c> allows.</summary>
    public static readonly ImmutableArray<MacaroonOp> Admin = ReadOnly.AddRange(Set(
        "onchain:write offchain:write address:write message:write peers:write info:write invoices:write signer:generate macaroon:generate macaroon:write"));

    /// <summary>What <c>invoice.macaroon</c> allows.</summary>
    public static readonly ImmutableArray<MacaroonOp> Invoice = Set("invoices:read invoices:write address:read address:write onchain:read");

    private static ImmutableArray<MacaroonOp> Set(string ops) => [.. ops.Split(' ').Select(Parse)];

    private static MacaroonOp Parse(string op)
    {
        var parts = op.Split(':');
        return new(parts[0], parts[1]);
    }
}
