using Eddy.Lightning;

namespace Eddy.Simulator;

// Start, stop and the wallet's states; peers; blocks.
public sealed partial class SimulatedNode
{
    /// <summary>Changes of <see cref="State"/>; a stopped process is WAITING_TO_START.</summary>
    public Broadcast<WalletState> StateChanges { get; } = new();

    public WalletState State { get; private set; } = WalletState.ServerActive;

    /// <summary>The process runs: calls reach it, whatever it answers.</summary>
    public bool IsReachable { get; private set; } = true;

    /// <summary>Calls work.</summary>
    public bool IsRunning => IsReachable && State is WalletState.RpcActive or WalletState.ServerActive;

    internal bool AcceptsPeers => IsReachable && State == WalletState.ServerActive;

    /// <summary>Ends the process. Channels, invoices, payments and circuits are kept; what the interceptor held is not.</summary>
    public void Stop()
    {
        if (!IsReachable)
        {
            return;
        }

        IsReachable = false;
        GoDown(WalletState.WaitingToStart, new(RpcCode.Unavailable, "error reading from server: EOF"));
    }

    /// <summary>Starts the process with an open wallet. Peers connect after the network's delay.</summary>
    public void Start()
    {
        if (IsReachable)
        {
            return;
        }

        IsReachable = true;
        Open();
    }

    /// <summary>Stops now and starts again after a while.</summary>
    public void Restart(TimeSpan downtime)
    {
        Stop();
        Network.Timeline.Schedule(downtime, Start);
    }

    /// <summary>Puts the wallet into a state of LND's start-up, as a process that was restarted and, say, waits to be unlocked.</summary>
    public void SetState(WalletState state)
    {
        var wasRunning = IsRunning;
        IsReachable = true;
        if (state == WalletState.ServerActive)
        {
            Open();
            return;
        }

        if (wasRunning)
        {
            GoDown(state, new(RpcCode.Unavailable, "error reading from server: EOF"));
        }
        else
        {
            ChangeState(state);
        }
    }

    /// <summary>ConnectPeer; the status text.</summary>
    public RpcResult<string> ConnectPeer(NodeId peer)
    {
        if (State != WalletState.ServerActive)
        {
            return RpcError.Plain("server is still in the process of starting");
        }

        if (peer == Id)
        {
            return RpcError.Plain("cannot make connection to self");
        }

        if (Network.FindNode(peer) is not { } other)
        {
            return RpcError.Plain("dial proxy failed: connection refused");
        }

        if (IsConnectedTo(peer))
        {
            return RpcError.Plain($"already connected to peer: {peer}@{other.Address}");
        }

        return Network.LinkBetween(this, other).TryConnect()
            ? (Version.HasStatusTexts ? $"connection to {peer}@{other.Address} initiated" : "")
            : RpcError.Plain($"dial tcp {other.Address}: connect: connection refused");
    }

    /// <summary>DisconnectPeer; the status text. Peers with channels come back.</summary>
    public RpcResult<string> DisconnectPeer(NodeId peer)
    {
        if (LinkTo(peer) is not { IsConnected: true } link)
        {
            return RpcError.Plain($"unable to disconnect peer: peer {peer} is not connected");
        }

        link.Disconnect();
        return Version.HasStatusTexts ? "disconnect initiated" : "";
    }

    internal void OnBlock()
    {
        if (IsRunning)
        {
            Switch.Loop.Run(Interceptor.OnBlock);
            Invoices.OnBlock();
            Blocks.Publish(Height);
        }
    }

    private void GoDown(WalletState state, RpcError reason)
    {
        foreach (var link in _links.Values)
        {
            link.Disconnect();
        }

        Switch.OnRestart();
        Interceptor.OnStop(reason);
        Links.OnStop();
        Payments.OnStop();
        ChangeState(state);
    }

    private void Open()
    {
        if (State == WalletState.ServerActive)
        {
            return;
        }

        ChangeState(WalletState.ServerActive);
        Invoices.OnBlock();
        foreach (var link in _links.Values)
        {
            link.ScheduleReconnect();
        }
    }

    private void ChangeState(WalletState state)
    {
        State = state;
        StateChanges.Publish(state);
    }
}
