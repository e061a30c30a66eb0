using System.Diagnostics;
using Eddy.Engine.Ports;
using Eddy.Lightning;
using Eddy.Lnd.Access;
using Eddy.Lnd.Session;
using Eddy.Protos.Routerrpc;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Eddy.Lnd.Payments;

/// <summary>Sends payments and follows them to their end, however often the connection or LND itself goes away meanwhile.</summary>
internal sealed partial class PaymentRunner(SessionSlot slot, LndTimings timings, ILogger<PaymentRunner> logger)
{
    private const string TrackMethod = "/routerrpc.Router/TrackPaymentV2";

    private readonly ILogger _logger = logger;

    public async Task<CommandOutcome> SendAsync(NodeCommand.SendToRoute command, CancellationToken cancellationToken)
    {
        if (slot.Current is not { } session)
        {
            return new CommandOutcome.Unavailable("Not connected to LND.");
        }

        try
        {
            // No deadline: the call lasts as long as the HTLC, and giving it up would not stop it.
            var attempt = await session.Connection.Router.SendToRouteV2Async(
                PaymentReading.Write(command), session.Connection.Endless(cancellationToken));
            if (PaymentReading.Read(attempt, PaymentReading.Fee(command.Route)) is { } outcome)
            {
                return outcome;
            }
        }
        catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
        {
            var failure = SendFailures.Classify(exception);
            if (failure == SendFailure.NotSent)
            {
                return new CommandOutcome.Refused(LndErrors.Describe(exception));
            }

            LogFollowing(command.Hash, LndErrors.Describe(exception));
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The call may have left: only LND's records can say what became of it.
            LogSendFailed(exception, command.Hash);
        }

        return await FollowAsync(command.Hash, isSendLost: true, cancellationToken);
    }

    public Task<CommandOutcome> TrackAsync(PaymentHash hash, CancellationToken cancellationToken) =>
        FollowAsync(hash, isSendLost: false, cancellationToken);

    /// <summary>
    /// Ends when the payment does. LND records a payment before it sends it, so "no record" means nothing was sent; but a call that
    /// LND had just read when the connection broke may be about to make the record. Hence after a lost send only a lasting "no record"
    /// counts. An LND that was restarted meanwhile has no such call any more; that it was cannot be told, so it gets the same period.
    /// </summary>
    private async Task<CommandOutcome> FollowAsync(PaymentHash hash, bool isSendLost, CancellationToken cancellationToken)
    {
        var request = new TrackPaymentRequest { PaymentHash = ByteString.CopyFrom(hash.Value.ToArray()) };
        var backoff = new Backoff(timings.MinBackoff, timings.MaxBackoff);
        long? missingSince = null;
        while (true)
        {
            var session = await slot.WaitAsync(cancellationToken);
            try
            {
                using var call = session.Connection.Router.TrackPaymentV2(request, session.Connection.Endless(cancellationToken));
                while (await call.ResponseStream.MoveNext(cancellationToken))
                {
                    missingSince = null;
                    backoff.Reset();
                    if (PaymentReading.Read(call.ResponseStream.Current) is { } outcome)
                    {
                        return outcome;
                    }
                }
            }
            catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
            {
                if (!LndErrors.IsPaymentNotFound(exception))
                {
                    LogTrackFailed(hash, session.Connection.Explain(exception, TrackMethod).ToString());
                }
                else if (!isSendLost)
                {
                    return new CommandOutcome.NotFound(LndErrors.Describe(exception));
                }
                else if (missingSince is { } since && Stopwatch.GetElapsedTime(since) >= timings.NoRecordPeriod)
                {
                    return new CommandOutcome.Refused("The call to send was lost, and LND has no record of the payment.");
                }
                else
                {
                    missingSince ??= Stopwatch.GetTimestamp();
                    backoff.Reset();
                }
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // Money may be on its way: there is no outcome but LND's, however often it takes to get it.
                LogFollowFailed(exception, hash);
            }

            await Task.Delay(backoff.Next(), cancellationToken);
        }
    }

    [LoggerMessage(LogLevel.Information, "Payment {Hash}: the call ended without an outcome ({Reason}); following the payment.")]
    private partial void LogFollowing(PaymentHash hash, string reason);

    [LoggerMessage(LogLevel.Error, "Payment {Hash}: the call to send failed in a way that was not foreseen; following the payment.")]
    private partial void LogSendFailed(Exception exception, PaymentHash hash);

    [LoggerMessage(LogLevel.Error, "Payment {Hash}: following it failed in a way that was not foreseen; trying again.")]
    private partial void LogFollowFailed(Exception exception, PaymentHash hash);

    [LoggerMessage(LogLevel.Warning, "Payment {Hash} cannot be followed at the moment. {Reason}")]
    private partial void LogTrackFailed(PaymentHash hash, string reason);
}
