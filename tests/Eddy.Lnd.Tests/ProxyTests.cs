using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Eddy.Lnd.Access;
using Eddy.Lnd.Tests.Scripted;

namespace Eddy.Lnd.Tests;

/// <summary>LND behind a SOCKS5 proxy, as with Tor: the proxy resolves the name, and the certificate is looked at as ever.</summary>
public sealed class ProxyTests
{
    private const string Onion = "lndlndlndlndlndlndlndlndlndlndlndlndlndlndlndlndlndlndlnd.onion:10009";

    [Fact]
    public async Task LND_is_reached_by_a_name_that_only_the_proxy_knows()
    {
        await using var lnd = await ScriptedLnd.StartAsync();
        await using var proxy = new Socks5(lnd.Options.Host);

        var result = await LndProbe.RunAsync(lnd.Options with { Host = Onion, Proxy = proxy.Address }, TestContext.Current.CancellationToken);

        Assert.Empty(result.Problems);
        Assert.Equal(ScriptedLnd.Self, result.Node!.Id);
        Assert.Equal([Onion], proxy.Asked.Distinct());
    }

    [Fact]
    public async Task Another_certificate_is_not_trusted_through_a_proxy_either()
    {
        await using var lnd = await ScriptedLnd.StartAsync();
        await using var other = await ScriptedLnd.StartAsync();
        await using var proxy = new Socks5(other.Options.Host);

        var result = await LndProbe.RunAsync(lnd.Options with { Host = Onion, Proxy = proxy.Address }, TestContext.Current.CancellationToken);

        Assert.Equal(LndProblemKind.CertificateMismatch, Assert.Single(result.Problems).Kind);
        Assert.Empty(other.Calls);
    }

    [Fact]
    public async Task A_proxy_that_is_not_there_is_named()
    {
        await using var lnd = await ScriptedLnd.StartAsync();
        string address;
        await using (var proxy = new Socks5(lnd.Options.Host))
        {
            address = proxy.Address;
        }

        var result = await LndProbe.RunAsync(lnd.Options with { Proxy = address }, TestContext.Current.CancellationToken);

        var problem = Assert.Single(result.Problems);
        Assert.Equal(LndProblemKind.NotRunning, problem.Kind);
        Assert.Contains($"through the proxy {address}", problem.Message, StringComparison.Ordinal);
        Assert.Empty(lnd.Calls);
    }

    /// <summary>As much of RFC 1928 as a client needs: no authentication, CONNECT to a name. Whatever is asked for, it leads to one address.</summary>
    private sealed class Socks5 : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _stopping = new();
        private readonly IPEndPoint _target;
        private readonly Task _accepting;

        public Socks5(string target)
        {
            _target = IPEndPoint.Parse(target);
            _listener.Start();
            Address = _listener.LocalEndpoint.ToString()!;
            _accepting = AcceptAsync();
        }

        public string Address { get; }

        public ConcurrentQueue<string> Asked { get; } = new();

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            _listener.Stop();
            await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stopping.Dispose();
        }

        private async Task AcceptAsync()
        {
            var served = new List<Task>();
            try
            {
                while (true)
                {
                    served.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stopping.Token)));
                }
            }
            finally
            {
                await Task.WhenAll(served).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        private async Task ServeAsync(TcpClient client)
        {
            using (client)
            {
                var stream = client.GetStream();
                var head = new byte[2];
                await stream.ReadExactlyAsync(head, _stopping.Token);
                await stream.ReadExactlyAsync(new byte[head[1]], _stopping.Token);
                await stream.WriteAsync(new byte[] { 5, 0 }, _stopping.Token);

                var request = new byte[5];
                await stream.ReadExactlyAsync(request, _stopping.Token);
                if (request is not [5, 1, 0, 3, var length])
                {
                    // Not a name: somebody has resolved it, or asks for an address.
                    Asked.Enqueue("no name");
                    return;
                }

                var name = new byte[length + 2];
                await stream.ReadExactlyAsync(name, _stopping.Token);
                Asked.Enqueue($"{Encoding.ASCII.GetString(name, 0, length)}:{(name[^2] << 8) | name[^1]}");
                using var lnd = new TcpClient();
                await lnd.ConnectAsync(_target, _stopping.Token);
                await stream.WriteAsync(new byte[] { 5, 0, 0, 1, 0, 0, 0, 0, 0, 0 }, _stopping.Token);
                await Task.WhenAny(stream.CopyToAsync(lnd.GetStream(), _stopping.Token), lnd.GetStream().CopyToAsync(stream, _stopping.Token));
            }
        }
    }
}
