using System.Collections.Immutable;
using Eddy.Engine.Ports;
using Eddy.Lightning;
using Eddy.Lnd.Channels;
using Eddy.Protos.Lnrpc;
using Grpc.Core;
using Channel = Eddy.Lightning.Channel;

namespace Eddy.Lnd.Access;

/// <summary>A channel, and what went over it since it was opened.</summary>
/// <param name="SentSat">Sat that left over it, forwards included.</param>
public sealed record SurveyedChannel(Channel Channel, long SentSat, long ReceivedSat);

/// <summary>What LND says of itself, its channels and its peers.</summary>
/// <param name="BestHeaderAt">The time in the newest block header: miners may set it two hours ahead.</param>
/// <param name="RequiresInterceptor">LND forwards nothing while no interceptor is there.</param>
/// <param name="Peers">Those that are connected.</param>
public sealed record LndSurveyReport(
    NodeIdentity Node,
    bool IsSyncedToChain,
    bool IsSyncedToGraph,
    DateTimeOffset BestHeaderAt,
    bool RequiresInterceptor,
    ImmutableArray<SurveyedChannel> Channels,
    ImmutableHashSet<NodeId> Peers);

/// <summary>A report, or what stands in its way: one of the two.</summary>
public sealed record LndSurveyResult(LndSurveyReport? Report, LndProblem? Problem);

/// <summary>Looks at a node once, for those who set eddy up and for those who look for what is wrong. Changes nothing.</summary>
public static class LndSurvey
{
    /// <summary>Whether an LND answers that has its wallet open. Needs no macaroon, and reads none.</summary>
    /// <returns>What is wrong; null where nothing is.</returns>
    public static async Task<LndProblem?> CheckConnectionAsync(LndOptions options, CancellationToken cancellationToken)
    {
        try
        {
            using var connection = LndConnection.OpenWithoutMacaroon(options);
            return Handshake.Waiting(await connection.GetStateAsync(cancellationToken));
        }
        catch (LndProblemException exception)
        {
            return exception.Problem;
        }
    }

    public static async Task<LndSurveyResult> RunAsync(LndOptions options, CancellationToken cancellationToken)
    {
        var method = "/lnrpc.Lightning/GetInfo";
        try
        {
            using var connection = LndConnection.Open(options);
            var greeting = await Handshake.RunAsync(connection, options, cancellationToken);
            try
            {
                var info = await connection.Lightning.GetInfoAsync(new GetInfoRequest(), connection.Call(cancellationToken));
                method = "/lnrpc.Lightning/ListChannels";
                var channels = await connection.Lightning.ListChannelsAsync(new ListChannelsRequest { PeerAliasLookup = true }, connection.Call(cancellationToken));
                method = "/lnrpc.Lightning/ListPeers";
                var peers = await connection.Lightning.ListPeersAsync(new ListPeersRequest(), connection.Call(cancellationToken));
                return new(ToReport(greeting.Node, info, channels, peers), null);
            }
            catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
            {
                return new(null, connection.Explain(exception, method));
            }
        }
        catch (LndProblemException exception)
        {
            return new(null, exception.Problem);
        }
    }

    private static LndSurveyReport ToReport(NodeIdentity node, GetInfoResponse info, ListChannelsResponse channels, ListPeersResponse peers) => new(
        node,
        info.SyncedToChain,
        info.SyncedToGraph,
        ToTime(info.BestHeaderTimestamp),
        info.RequireHtlcInterceptor,
        [
            .. from channel in channels.Channels
               let read = ChannelReading.Read(channel, null)
               where read is not null
               orderby read.Id
               select new SurveyedChannel(read, Math.Max(0, channel.TotalSatoshisSent), Math.Max(0, channel.TotalSatoshisReceived)),
        ],
        [.. peers.Peers.SelectMany(peer => NodeId.TryParse(peer.PubKey, out var id) ? [id] : Array.Empty<NodeId>())]);

    private static DateTimeOffset ToTime(long unixSeconds) =>
        DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(unixSeconds, 0, DateTimeOffset.MaxValue.ToUnixTimeSeconds()));
}
