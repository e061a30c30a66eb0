namespace Eddy.Simulator;

/// <summary>LND's start-up states, with the numbers of <c>lnrpc.WalletState</c>.</summary>
public enum WalletState
{
    NonExisting = 0,
    Locked = 1,
    Unlocked = 2,
    RpcActive = 3,
    ServerActive = 4,
    WaitingToStart = 255,
}

/// <summary>The error texts of the states.</summary>
public static class WalletStates
{
    /// <summary>What every call but those of the State service gets in this state; null where calls work.</summary>
    public static RpcError? Refusal(this WalletState state) => state switch
    {
        WalletState.WaitingToStart => RpcError.Plain("waiting to start, RPC services not available"),
        WalletState.NonExisting => RpcError.Plain("wallet not created, create one to enable full RPC access"),
        WalletState.Locked => RpcError.Plain("wallet locked, unlock it to enable full RPC access"),
        WalletState.Unlocked => RpcError.Plain("the RPC server is in the process of starting up, but not yet ready to accept calls"),
        _ => null,
    };
}
