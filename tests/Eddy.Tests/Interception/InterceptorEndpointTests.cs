using System.Diagnostics;
using System.Net;
using System.Threading.Channels;
using Eddy.Demo;
using Eddy.Hosting;
using Eddy.Interception;
using Eddy.Rings;
using Eddy.Simulator;
using Eddy.Simulator.Tests;
using Eddy.Tests.Scenarios;
using Eddy.Tests.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eddy.Tests.Interception;

/// <summary>Somebody else's program, in another language, behind eddy's own interceptor endpoint.</summary>
public sealed class InterceptorEndpointTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Other_peoples_client_decides_about_payments_and_sees_nothing_of_a_ring()
    {
        var package = await NpmPackage.LightningAsync(Token);
        await using var scenario = await Scenario.StartAsync();
        var member = scenario.Ring[1];
        member.Daemon = await EddyDaemon.StartAsync(
            scenario.Site.OptionsOf(member) with { InterceptorListen = new IPEndPoint(IPAddress.Loopback, 0), InterceptorPatience = TimeSpan.FromMinutes(2) }, NullLoggerFactory.Instance, Token);
        await scenario.StartDaemonsAsync(member);
        var files = InterceptorServer.DirectoryIn(member.DataDirectory);

        await using (var stranger = await Client.StartAsync(package, member.Daemon.InterceptorAddress!, InterceptorCertificate.PathIn(files), member.Lnd.AdminMacaroonPath))
        {
            Assert.Contains("verification failed", await stranger.HearAsync("error"), StringComparison.Ordinal);
        }

        await using var client = await Client.StartAsync(
            package, member.Daemon.InterceptorAddress!, InterceptorCertificate.PathIn(files), InterceptorMacaroon.PathIn(files));
        await scenario.UntilAsync("the client to be connected", async () => (await PageAsync(member)).Value("eddy_downstream_clients") == 1);

        // More than the channels hold the other way round: there is no way but over the member.
        var payment = await scenario.PayAsync(scenario.Ring[0], scenario.Ring[2], Lightning.MilliSatoshi.FromSatoshi(1_500_000));
        Assert.Equal(PaymentStatus.Failed, payment.Status);
        Assert.Equal(payment.Hash.ToString(), await client.HearAsync("request"));

        var ring = await scenario.RunRingAsync();
        Assert.Equal(RingOutcome.Settled, ring.Outcome);
        await scenario.AssertNobodyLostAsync();

        var page = await PageAsync(member);
        Assert.Equal(1, page.Value("eddy_htlc_intercepted_total", "action=\"waive\""));
        Assert.Equal(1, page.Value("eddy_downstream_answers_total", "action=\"fail\""));
        Assert.Equal(0, page.Sum("eddy_downstream_answers_total") - 1);
        Assert.False(client.HasSaidMore);
    }

    [Theory]
    [InlineData("time-before 2020-01-01T00:00:00Z", "expired")]
    [InlineData("ipaddr 10.0.0.1", "different IP")]
    [InlineData("weekdays", "not recognized")]
    [InlineData("time-before 2999-01-01T00:00:00Z", null)]
    [InlineData("ipaddr 127.0.0.1", null)]
    public void A_macaroon_that_was_narrowed_lets_in_only_what_it_says(string condition, string? fault)
    {
        using var directory = new TemporaryDirectory();
        var macaroon = InterceptorMacaroon.OpenOrCreate(directory.Path);
        Assert.True(Simulator.Grpc.Macaroon.Parse(macaroon.Bytes).TryGet(out var parsed, out _));
        var hex = Convert.ToHexString(parsed.WithCaveat(condition).ToBytes());

        var found = macaroon.Fault(hex, "ipv4:127.0.0.1:5000", DateTimeOffset.UtcNow);

        if (fault is null)
        {
            Assert.Null(found);
        }
        else
        {
            Assert.Contains(fault, found, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Only_the_endpoints_own_macaroon_fits_and_it_stays_the_same()
    {
        using var directory = new TemporaryDirectory();
        using var other = new TemporaryDirectory();
        var macaroon = InterceptorMacaroon.OpenOrCreate(directory.Path);
        var bytes = macaroon.Bytes;

        Assert.Equal(bytes, InterceptorMacaroon.OpenOrCreate(directory.Path).Bytes);
        Assert.Equal(bytes, File.ReadAllBytes(InterceptorMacaroon.PathIn(directory.Path)));
        Assert.Null(Fault(bytes));
        Assert.NotNull(Fault(InterceptorMacaroon.OpenOrCreate(other.Path).Bytes));
        Assert.NotNull(macaroon.Fault(null, "", DateTimeOffset.UtcNow));
        Assert.NotNull(macaroon.Fault("zz", "", DateTimeOffset.UtcNow));
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.NotNull(Fault(bytes[..length]));
            byte[] changed = [.. bytes];
            changed[length] ^= 0x41;
            if (length is < 3 or > 6)
            {
                // The location is a hint and under no signature.
                Assert.NotNull(Fault(changed));
            }
        }

        string? Fault(byte[] sent) => macaroon.Fault(Convert.ToHexString(sent), "", DateTimeOffset.UtcNow);
    }

    private static async Task<PrometheusParser> PageAsync(DemoNode node) =>
        PrometheusParser.Parse(await Scenario.DaemonOf(node).GetMetricsAsync(Token));

    /// <summary>The script in its own process.</summary>
    private sealed class Client : IAsyncDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

        private readonly Process _process;
        private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

        private Client(Process process)
        {
            _process = process;
            process.OutputDataReceived += (_, line) => Take(line.Data);
            process.BeginOutputReadLine();
        }

        public bool HasSaidMore => _lines.Reader.Count > 0;

        public static Task<Client> StartAsync(string package, IPEndPoint address, string certificate, string macaroon) => Task.FromResult(new Client(Process.Start(
            new ProcessStartInfo("node", ["--no-warnings", Path.Combine(AppContext.BaseDirectory, "Interception", "client.js"), package, address.ToString(), certificate, macaroon])
            {
                RedirectStandardOutput = true,
            })!));

        public async Task<string> HearAsync(string word)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
            limit.CancelAfter(Patience);
            var line = await _lines.Reader.ReadAsync(limit.Token);
            Assert.StartsWith(word + " ", line, StringComparison.Ordinal);
            return line[(word.Length + 1)..];
        }

        public async ValueTask DisposeAsync()
        {
            if (!_process.HasExited)
            {
                _process.Kill();
            }

            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        private void Take(string? line)
        {
            if (line is not null)
            {
                _lines.Writer.TryWrite(line);
            }
        }
    }
}
