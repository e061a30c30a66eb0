using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using Eddy.Protos.Invoicesrpc;
using Eddy.Protos.Lnrpc;
using Eddy.Protos.Routerrpc;
using Eddy.Simulator.Tests.Grpc;
using Google.Protobuf;
using Grpc.Core;

namespace Eddy.Simulator.Tests.Recorded;

/// <summary>
/// Does to simulated nodes what was done to real ones, in the recorded order, and holds every answer, event and error against the recorded
/// one. What the recording waited for by time is waited for here by what happens.
/// </summary>
internal sealed partial class ExperimentReplay : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // A pause in the recording that is longer than this was there to let a connection come back.
    private const double LongPauseMs = 900;

    private readonly RecordedExperiment _experiment;
    private readonly LndRig _rig;
    private readonly ReplayHints _hints;
    private readonly RecordedNames _names;
    private readonly List<string> _differences = [];
    private readonly Dictionary<char, LndClient> _clients = [];
    private readonly Dictionary<char, ChannelReader<Protos.Routerrpc.HtlcEvent>> _events = [];
    private readonly Dictionary<char, ChannelReader<Protos.Lnrpc.CustomMessage>> _messages = [];
    private readonly Dictionary<char, InterceptorClient> _interceptors = [];
    private readonly Dictionary<char, IAsyncStreamReader<Protos.Lnrpc.Payment>> _tracked = [];
    private readonly Dictionary<int, Task> _running = [];
    private readonly List<IDisposable> _calls = [];
    private int _unrecordedInvoices;

    private ExperimentReplay(RecordedExperiment experiment, LndRig rig, ReplayHints hints, IReadOnlyDictionary<string, char> knownNodes)
    {
        (_experiment, _rig, _hints) = (experiment, rig, hints);
        _names = new(rig, experiment, knownNodes);
    }

    /// <summary>Replays one file; the result is empty where everything was as recorded.</summary>
    public static async Task<IReadOnlyList<string>> RunAsync(RecordedExperiment experiment, LndVersion version, ReplayHints hints, IReadOnlyDictionary<string, char> knownNodes)
    {
        var height = hints.Height == 0 ? experiment.Height : hints.Height;
        await using var rig = await LndRig.StartAsync(
            version,
            network: options => options with { ReconnectDelay = TimeSpan.FromMilliseconds(1_200), StartHeight = height },
            openerSat: hints.OpenerSat);
        await rig.Pump.InvokeAsync(_ => hints.Prepare(rig));
        using var replay = new ExperimentReplay(experiment, rig, hints, knownNodes);
        await replay.RunAsync();
        await rig.Pump.InvokeAsync(network => network.AssertConserved());
        return replay._differences;
    }

    public void Dispose()
    {
        foreach (var disposable in _interceptors.Values.Concat(_calls))
        {
            disposable.Dispose();
        }

        // Calls that a difference left hanging end with the nodes.
        foreach (var running in _running.Values)
        {
            _ = running.ContinueWith(call => call.Exception, TaskScheduler.Default);
        }
    }

    [GeneratedRegex(@"^height (\d+) pending$")]
    private static partial Regex PendingAtHeight();

    private async Task RunAsync()
    {
        foreach (var entry in _experiment.Calls("SubscribeHtlcEvents"))
        {
            if (LndRig.Names.Contains(RecordedExperiment.Node(entry), StringComparison.Ordinal))
            {
                FollowEvents(RecordedExperiment.Node(entry));
            }
        }

        foreach (var entry in _experiment.Calls("SubscribeCustomMessages"))
        {
            if (_hints.SubscribesLate is false)
            {
                await FollowMessagesAsync(RecordedExperiment.Node(entry));
            }
        }

        foreach (var entry in _experiment.Calls("HtlcInterceptor"))
        {
            var node = RecordedExperiment.Node(entry);
            if (!_interceptors.ContainsKey(node) && !_hints.ConnectsLate.Contains(node))
            {
                _interceptors.Add(node, await InterceptorClient.ConnectAsync(_rig, node));
            }
        }

        foreach (var node in _hints.HasUnrecordedWaivers ? "BCD" : "")
        {
            var interceptor = await InterceptorClient.ConnectAsync(_rig, node);
            interceptor.OnRequest = Circulation.Waive;
            _interceptors.Add(node, interceptor);
        }

        var steps = Steps().OrderBy(step => step.Time).ToList();
        var last = 0.0;
        for (var i = 0; i < steps.Count && _differences.Count == 0; i++)
        {
            if (steps[i].Time - last > LongPauseMs)
            {
                await ReconnectedAsync();
            }

            last = steps[i].Time;
            var isLastHeight = i + 1 == steps.Count || !IsHeight(steps[i + 1].Entry);
            try
            {
                await StepAsync(steps[i], isLastHeight);
            }
            catch (Exception exception) when (exception is TimeoutException or RpcException or ChannelClosedException or OperationCanceledException)
            {
                Differ(steps[i], $"{exception.GetType().Name}: {exception.Message}");
            }
        }
    }

    private IEnumerable<Step> Steps()
    {
        for (var i = 0; i < _experiment.Events.Count; i++)
        {
            var entry = _experiment.Events[i];
            if (entry.TryGetProperty("node", out var node) && !LndRig.Names.Contains(node.GetString()!, StringComparison.Ordinal))
            {
                continue;
            }

            if (RecordedExperiment.Rpc(entry) == "SubscribeHtlcEvents" && IsLeftover(entry.GetProperty("event")))
            {
                continue;
            }

            var time = entry.GetProperty("t_ms").GetDouble();
            yield return new(time, i, entry, IsEnd: false);
            if (RecordedExperiment.Rpc(entry) is "SendToRouteV2" or "SendCustomMessage")
            {
                yield return new(time + entry.GetProperty("took_ms").GetDouble(), i, entry, IsEnd: true);
            }
        }
    }

    private bool IsLeftover(JsonElement change) =>
        _hints.LeftoverHtlc.Length > 0
        && (change.GetProperty("incoming_htlc_id").GetString() == _hints.LeftoverHtlc
            || (change.GetProperty("event_type").GetString() == "SEND" && change.GetProperty("outgoing_htlc_id").GetString() == _hints.LeftoverHtlc));

    private Task StepAsync(Step step, bool isLastHeight) => RecordedExperiment.Rpc(step.Entry) switch
    {
        "" => NoteAsync(step.Entry, isLastHeight),
        "SubscribeHtlcEvents" => EventAsync(step),
        "HtlcInterceptor" => InterceptorAsync(step),
        "SendToRouteV2" or "SendCustomMessage" => step.IsEnd ? EndAsync(step) : StartAsync(step),
        "AddInvoice" => AddInvoiceAsync(step),
        "AddHoldInvoice" => AddHoldInvoiceAsync(step),
        "UpdateChannelPolicy" => UpdatePolicyAsync(step),
        "DisconnectPeer" => CheckAsync(step, Client(step).Lightning.DisconnectPeerAsync(Read<DisconnectPeerRequest>(step))),
        "ForwardingHistory" => CheckAsync(step, Client(step).Lightning.ForwardingHistoryAsync(Read<ForwardingHistoryRequest>(step))),
        "FeeReport" => CheckAsync(step, Client(step).Lightning.FeeReportAsync(new())),
        "TrackPaymentV2" => TrackAsync(step),
        "SubscribeCustomMessages" => MessageAsync(step),
        var other => throw new InvalidOperationException($"Nothing here replays {other}."),
    };

    private async Task NoteAsync(JsonElement entry, bool isLastHeight)
    {
        var note = entry.GetProperty("note").GetString()!;
        if (PendingAtHeight().Match(note) is { Success: true } height)
        {
            var until = uint.Parse(height.Groups[1].Value, CultureInfo.InvariantCulture);
            await _rig.Pump.InvokeAsync(network => network.MineBlocks((int)(until - network.Height)));
            Assert.DoesNotContain(_running.Values, running => running.IsCompleted);
            await _rig.Pump.InvokeAsync(network => network.MineBlocks(isLastHeight ? 1 : 0));
        }
        else if (note.StartsWith("restart ", StringComparison.Ordinal))
        {
            await _rig.Lnd(note[^1]).StopAsync();
        }
        else if (note.EndsWith(" back", StringComparison.Ordinal))
        {
            await ReconnectedAsync();
        }
    }

    private async Task EventAsync(Step step)
    {
        var message = await _events[step.Node].ReadAsync().AsTask().WaitAsync(Patience);
        Compare(step, step.Entry.GetProperty("event"), message);
    }

    private async Task InterceptorAsync(Step step)
    {
        if (!_interceptors.TryGetValue(step.Node, out var interceptor))
        {
            interceptor = await InterceptorClient.ConnectAsync(_rig, step.Node);
            _interceptors.Add(step.Node, interceptor);
        }

        if (step.Entry.TryGetProperty("received", out var received))
        {
            using var patience = new CancellationTokenSource(Patience);
            Compare(step, received, await interceptor.NextAsync(patience.Token));
        }
        else if (step.Entry.TryGetProperty("sent", out var sent))
        {
            await interceptor.AnswerAsync(Messages(step).Read<ForwardHtlcInterceptResponse>(sent));
        }
        else
        {
            await StreamErrorAsync(step, interceptor, step.Entry.GetProperty("stream_error"));
        }
    }

    private async Task StreamErrorAsync(Step step, InterceptorClient interceptor, JsonElement error)
    {
        var code = (StatusCode)error.GetProperty("code").GetInt32();
        var text = error.GetProperty("message").GetString()!;
        if (code == StatusCode.Cancelled)
        {
            // The client's own doing.
            interceptor.Dispose();
            _interceptors.Remove(step.Node);
            await InterceptorClient.WaitAsync(() => _rig.Pump.InvokeAsync(_ => !_rig.Lnd(step.Node).Node.Interceptor.IsConnected));
            return;
        }

        if (text == "interceptor already exists")
        {
            using var second = _rig.Client(step.Node).Router.HtlcInterceptor();
            CheckError(step, error, await Assert.ThrowsAsync<RpcException>(() => second.ResponseStream.MoveNext(CancellationToken.None)));
            return;
        }

        var isRestart = code == StatusCode.Unavailable;
        if (isRestart)
        {
            // Unless a note did already.
            await _rig.Lnd(step.Node).StopAsync();
        }

        await interceptor.Ended.WaitAsync(Patience);
        CheckError(step, error, interceptor.Fault);
        interceptor.Dispose();
        _interceptors.Remove(step.Node);
        if (isRestart)
        {
            await _rig.Lnd(step.Node).StartAgainAsync();
        }
    }

    private async Task StartAsync(Step step)
    {
        await MakeUnrecordedInvoiceAsync(step);
        foreach (var entry in _experiment.Calls("HtlcInterceptor").Where(entry => entry.GetProperty("t_ms").GetDouble() > step.Time))
        {
            // A client that had gone was back by the time of the next payment.
            var node = RecordedExperiment.Node(entry);
            if (!_interceptors.ContainsKey(node) && !_hints.ConnectsLate.Contains(node))
            {
                _interceptors.Add(node, await InterceptorClient.ConnectAsync(_rig, node));
            }
        }

        Task call = RecordedExperiment.Rpc(step.Entry) == "SendToRouteV2"
            ? Client(step).Router.SendToRouteV2Async(Read<Protos.Routerrpc.SendToRouteRequest>(step)).ResponseAsync
            : Client(step).Lightning.SendCustomMessageAsync(Read<SendCustomMessageRequest>(step)).ResponseAsync;
        _running.Add(step.Index, call);
    }

    /// <summary>A payment whose invoice was not written down gets one.</summary>
    private async Task MakeUnrecordedInvoiceAsync(Step step)
    {
        var request = step.Entry.GetProperty("request");
        if (!request.TryGetProperty("payment_hash", out var hash) || _experiment.WhoMade(hash.GetString()!) is not null)
        {
            return;
        }

        var last = request.GetProperty("route").GetProperty("hops").EnumerateArray().Last();
        var mpp = last.GetProperty("mpp_record");
        var invoice = await Client(_names.NodeOf(last.GetProperty("pub_key").GetString()!)).Lightning.AddInvoiceAsync(
            new()
            {
                ValueMsat = long.Parse(mpp.GetProperty("total_amt_msat").GetString()!, CultureInfo.InvariantCulture),
                CltvExpiry = _hints.UnrecordedCltv.ElementAtOrDefault(_unrecordedInvoices++),
            });
        _names.LearnHash(hash.GetString()!, Convert.ToHexStringLower(invoice.RHash.Span));
        _names.LearnHash(mpp.GetProperty("payment_addr").GetString()!, Convert.ToHexStringLower(invoice.PaymentAddr.Span));
    }

    private async Task EndAsync(Step step)
    {
        var stops = step.Entry.TryGetProperty("error", out var error) && error.GetProperty("message").GetString() == "htlcswitch shutting down";
        if (stops)
        {
            await _rig.Lnd(step.Node).StopAsync();
        }

        _running.Remove(step.Index, out var call);
        switch (call)
        {
            case Task<HTLCAttempt> attempt:
                await CheckAsync(step, attempt);
                break;
            case Task<SendCustomMessageResponse> sent:
                await CheckAsync(step, sent);
                break;
        }

        if (stops)
        {
            await _rig.Lnd(step.Node).StartAgainAsync();
        }

        foreach (var late in call is Task<HTLCAttempt> ? _hints.ConnectsLate.Where(node => !_interceptors.ContainsKey(node)) : [])
        {
            _interceptors.Add(late, await InterceptorClient.ConnectAsync(_rig, late));
        }
    }

    private async Task AddInvoiceAsync(Step step)
    {
        var answer = await Client(step).Lightning.AddInvoiceAsync(Read<Protos.Lnrpc.Invoice>(step));
        Compare(step, step.Entry.GetProperty("response"), answer);
    }

    private async Task AddHoldInvoiceAsync(Step step)
    {
        var answer = await Client(step).Invoices.AddHoldInvoiceAsync(Read<AddHoldInvoiceRequest>(step));
        Compare(step, step.Entry.GetProperty("response"), answer);
    }

    /// <summary>The recorded outpoint is always that of the ring channel over which this node receives.</summary>
    private async Task UpdatePolicyAsync(Step step)
    {
        var request = Read<PolicyUpdateRequest>(step);
        var previous = LndRig.Names[(LndRig.Names.IndexOf(step.Node, StringComparison.Ordinal) + LndRig.Names.Length - 1) % LndRig.Names.Length];
        var node = _rig.Lnd(step.Node).Node;
        var point = await _rig.Pump.InvokeAsync(_ => node.Channels.First(end => end.Peer.Node == _rig.Lnd(previous).Node).Channel.ChannelPoint);
        request.ChanPoint = new() { FundingTxidStr = point.Split(':')[0], OutputIndex = 0 };
        await CheckAsync(step, Client(step).Lightning.UpdateChannelPolicyAsync(request));
    }

    private async Task TrackAsync(Step step)
    {
        if (!_tracked.TryGetValue(step.Node, out var stream))
        {
            var hash = _experiment.Calls("SendToRouteV2").First().GetProperty("request").GetProperty("payment_hash").GetString()!;
            var call = Client(step).Router.TrackPaymentV2(new() { PaymentHash = ByteString.CopyFrom(Convert.FromHexString(_names.Hash(hash))) });
            _calls.Add(call);
            stream = call.ResponseStream;
            _tracked.Add(step.Node, stream);
        }

        Assert.True(await stream.MoveNext(CancellationToken.None).WaitAsync(Patience));

        // Only these were written down.
        var recorded = step.Entry.GetProperty("received");
        var payment = stream.Current;
        var ours = new Protos.Lnrpc.Payment { Status = payment.Status, FailureReason = payment.FailureReason, FeeMsat = payment.FeeMsat };
        ours.Htlcs.AddRange(payment.Htlcs.Select(htlc => new HTLCAttempt { Status = htlc.Status }));
        Compare(step, recorded, ours);
    }

    private async Task MessageAsync(Step step)
    {
        Compare(step, step.Entry.GetProperty("received"), await _messages[step.Node].ReadAsync().AsTask().WaitAsync(Patience));
    }

    private async Task CheckAsync<T>(Step step, Task<T> call)
        where T : IMessage
    {
        var fails = step.Entry.TryGetProperty("error", out var error);
        try
        {
            var answer = await call.WaitAsync(Patience);
            if (fails)
            {
                Differ(step, $"succeeded with {answer} and was refused: {error}");
            }
            else if (step.Entry.TryGetProperty("response", out var response))
            {
                Compare(step, response, answer);
            }
        }
        catch (RpcException exception) when (fails)
        {
            CheckError(step, error, exception);
        }

        if (_hints.SubscribesLate && _messages.Count == 0)
        {
            await FollowMessagesAsync('B');
        }
    }

    private Task CheckAsync<T>(Step step, AsyncUnaryCall<T> call)
        where T : IMessage => CheckAsync(step, call.ResponseAsync);

    private void CheckError(Step step, JsonElement recorded, RpcException? ours)
    {
        var code = (StatusCode)recorded.GetProperty("code").GetInt32();
        var text = _names.Text(recorded.GetProperty("message").GetString()!, step.Node);

        // A lost connection is told in every client's own words.
        if (ours?.StatusCode != code || (code != StatusCode.Unavailable && ours.Status.Detail != text))
        {
            Differ(step, $"ended with {ours?.StatusCode} '{ours?.Status.Detail}' and had ended with {code} '{text}'");
        }
    }

    private async Task ReconnectedAsync() => await InterceptorClient.WaitAsync(() => _rig.Pump.InvokeAsync(network =>
        network.Nodes.Any(node => !node.IsRunning) || network.Channels.All(channel => channel.IsLinkUp || channel.Status != ChannelStatus.Open)));

    private void FollowEvents(char node)
    {
        if (_events.ContainsKey(node))
        {
            return;
        }

        var call = Client(node).Router.SubscribeHtlcEvents(new());
        _calls.Add(call);
        _events.Add(node, Read(call.ResponseStream));
    }

    private async Task FollowMessagesAsync(char node)
    {
        if (_messages.ContainsKey(node))
        {
            return;
        }

        var call = Client(node).Lightning.SubscribeCustomMessages(new());
        _calls.Add(call);
        _messages.Add(node, Read(call.ResponseStream));
        await InterceptorClient.WaitAsync(() => _rig.Pump.InvokeAsync(_ => _rig.Lnd(node).Node.CustomMessages.HasSubscribers));
    }

    private static ChannelReader<T> Read<T>(IAsyncStreamReader<T> stream)
    {
        var queue = System.Threading.Channels.Channel.CreateUnbounded<T>();
        _ = ReadAsync();
        return queue.Reader;

        async Task ReadAsync()
        {
            try
            {
                while (await stream.MoveNext(CancellationToken.None))
                {
                    queue.Writer.TryWrite(stream.Current);
                }

                queue.Writer.Complete();
            }
            catch (RpcException exception)
            {
                queue.Writer.Complete(exception);
            }
        }
    }

    private static bool IsHeight(JsonElement entry) =>
        entry.TryGetProperty("note", out var note) && PendingAtHeight().IsMatch(note.GetString()!);

    private LndClient Client(Step step) => Client(step.Node);

    private LndClient Client(char node)
    {
        if (!_clients.TryGetValue(node, out var client))
        {
            _clients.Add(node, client = _rig.Client(node));
        }

        return client;
    }

    private RecordedMessages Messages(Step step) => new(_names, step.Node);

    private T Read<T>(Step step)
        where T : IMessage, new() => Messages(step).Read<T>(step.Entry.GetProperty("request"));

    private void Compare(Step step, JsonElement recorded, IMessage ours)
    {
        foreach (var difference in Messages(step).Differences(recorded, ours))
        {
            Differ(step, difference);
        }
    }

    private void Differ(Step step, string what) =>
        _differences.Add(string.Create(CultureInfo.InvariantCulture, $"{step.Time:F0} ms, {step.Node}, {RecordedExperiment.Rpc(step.Entry)}: {what}"));

    /// <summary>One recorded entry; a call that took its time has a second one for its end.</summary>
    private sealed record Step(double Time, int Index, JsonElement Entry, bool IsEnd)
    {
        public char Node => Entry.TryGetProperty("node", out var node) ? node.GetString()![0] : '?';
    }
}
