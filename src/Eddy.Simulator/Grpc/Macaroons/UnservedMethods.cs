using System.Collections.Frozen;

namespace Eddy.Simulator.Grpc;

/// <summary>Methods LND has and the simulator does not serve: a macaroon may name them all the same.</summary>
internal static class UnservedMethods
{
    /// <summary>Full method paths.</summary>
    public static readonly FrozenSet<string> Paths = new (string Service, string Methods)[]
    {
        ("autopilotrpc.Autopilot", "ModifyStatus QueryScores SetScores Status"),
        ("chainrpc.ChainKit", "GetBestBlock GetBlock GetBlockHash GetBlockHeader"),
        ("chainrpc.ChainNotifier", "RegisterBlockEpochNtfn RegisterConfirmationsNtfn RegisterSpendNtfn"),
        ("invoicesrpc.Invoices", "HtlcModifier"),
        ("lnrpc.Lightning",
            "AbandonChannel BatchOpenChannel ChannelAcceptor CloseChannel DebugLevel DeleteAllPayments "
            + "DeleteCanceledInvoice DeleteMacaroonID DeletePayment EstimateFee ExportAllChannelBackups ExportChannelBackup "
            + "FundingStateStep GetDebugInfo GetNetworkInfo GetNodeMetrics GetRecoveryInfo GetTransactions ListAliases "
            + "ListMacaroonIDs ListPermissions ListUnspent NewAddress OpenChannel OpenChannelSync RestoreChannelBackups "
            + "SendCoins SendMany StopDaemon SubscribeChannelBackups SubscribeTransactions VerifyChanBackup"),
        ("neutrinorpc.NeutrinoKit",
            "AddPeer DisconnectPeer GetBlock GetBlockHash GetBlockHeader GetCFilter IsBanned Status"),
        ("peersrpc.Peers", "UpdateNodeAnnouncement"),
        ("routerrpc.Router",
            "EstimateRouteFee GetMissionControlConfig QueryMissionControl QueryProbability ResetMissionControl "
            + "SetMissionControlConfig UpdateChanStatus XAddLocalChanAliases XDeleteLocalChanAliases XImportMissionControl"),
        ("signrpc.Signer",
            "ComputeInputScript DeriveSharedKey MuSig2Cleanup MuSig2CombineKeys MuSig2CombineSig MuSig2CreateSession "
            + "MuSig2RegisterNonces MuSig2Sign SignMessage SignOutputRaw VerifyMessage"),
        ("walletrpc.WalletKit",
            "BumpFee BumpForceCloseFee DeriveKey DeriveNextKey EstimateFee FinalizePsbt FundPsbt GetTransaction "
            + "ImportAccount ImportPublicKey ImportTapscript LabelTransaction LeaseOutput ListAccounts ListAddresses "
            + "ListLeases ListSweeps ListUnspent NextAddr PendingSweeps PublishTransaction ReleaseOutput RemoveTransaction "
            + "RequiredReserve SendOutputs SignMessageWithAddr SignPsbt VerifyMessageWithAddr"),
        ("watchtowerrpc.Watchtower", "GetInfo"),
        ("wtclientrpc.WatchtowerClient",
            "AddTower DeactivateTower GetTowerInfo ListTowers Policy RemoveTower Stats TerminateSession"),
    }.SelectMany(entry => entry.Methods.Split(' ').Select(method => $"/{entry.Service}/{method}")).ToFrozenSet(StringComparer.Ordinal);
}
