using Eddy.Grpc.Tests.Protos;
using Grpc.Core;

namespace Eddy.Grpc.Tests.Harness;

/// <summary>Deadlines that pass while the server is at work on the call, however busy the machine is.</summary>
internal static class Deadlines
{
    /// <summary>Each is twice as long as the one before, up to what only a broken test needs.</summary>
    internal static IEnumerable<DateTime> Longer()
    {
        for (var time = TimeSpan.FromMilliseconds(300); time < Signals.Patience; time *= 2)
        {
            yield return DateTime.UtcNow + time;
        }
    }

    /// <summary>A stream that has brought its first message before its deadline.</summary>
    internal static async Task<AsyncServerStreamingCall<EchoReply>> OpenAsync(Func<DateTime, AsyncServerStreamingCall<EchoReply>> open)
    {
        foreach (var deadline in Longer())
        {
            var call = open(deadline);
            try
            {
                Assert.True(await call.ResponseStream.MoveNext().Soon());
                return call;
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.DeadlineExceeded)
            {
                call.Dispose();
            }
        }

        throw new TimeoutException("The first message came before none of the deadlines.");
    }
}
