using System.Text.Json;
using Eddy.Simulator.Tests.Grpc;

namespace Eddy.Simulator.Tests.Npm;

/// <summary>The npm package <c>lightning</c> as a client of simulated nodes.</summary>
public sealed class NpmLightningTests
{
    [Fact]
    public async Task Other_peoples_client_lists_pays_intercepts_and_subscribes()
    {
        var package = await NpmPackage.LightningAsync(TestContext.Current.CancellationToken);
        await using var rig = await LndRig.StartAsync();
        var nodes = rig.Lnds.ToDictionary(
            lnd => lnd.Node.Alias,
            lnd => new { socket = lnd.Address, cert = lnd.CertificatePath, macaroon = lnd.AdminMacaroonPath });

        var (exitCode, output, error) = await NpmPackage.RunAsync(
            "node",
            [Path.Combine(AppContext.BaseDirectory, "Npm", "client.js"), package, JsonSerializer.Serialize(nodes)],
            AppContext.BaseDirectory,
            TestContext.Current.CancellationToken);

        Assert.True(exitCode == 0, error);
        using var document = JsonDocument.Parse(output);
        var seen = document.RootElement;
        Assert.Equal("0.20.3-beta", seen.GetProperty("version").GetString());
        Assert.Equal(3, seen.GetProperty("channels").GetArrayLength());
        Assert.Equal(3, seen.GetProperty("peers").GetInt32());
        Assert.Equal("""{"nodes":4,"channels":5}""", seen.GetProperty("graph").GetRawText());
        Assert.Equal("1000", seen.GetProperty("fee").GetString());
        Assert.Equal("[80,80]", seen.GetProperty("edge").GetRawText());

        Assert.Equal("coffee", seen.GetProperty("decoded").GetProperty("description").GetString());
        Assert.Equal(50_000, seen.GetProperty("decoded").GetProperty("tokens").GetInt32());
        var paid = seen.GetProperty("paid");
        Assert.Equal("26000", paid.GetProperty("fee").GetString());
        Assert.Equal(2, paid.GetProperty("hops").GetInt32());
        Assert.Equal(seen.GetProperty("received").GetProperty("secret").GetString(), paid.GetProperty("secret").GetString());
        Assert.True(seen.GetProperty("received").GetProperty("confirmed").GetBoolean());
        Assert.Contains(seen.GetProperty("forwards").EnumerateArray(), forward => forward.GetProperty("confirmed").GetBoolean());
        Assert.Equal("""["26000"]""", seen.GetProperty("history").GetRawText());
        Assert.Equal("""[{"tokens":"10000000","fee":"6000"}]""", seen.GetProperty("accepted").GetRawText());
        Assert.Equal(503, seen.GetProperty("tooDear")[0].GetInt32());

        Assert.Equal("""{"from":true,"text":"hello","type":60881}""", seen.GetProperty("message").GetRawText());
        Assert.True(seen.GetProperty("disconnected").GetBoolean());
        Assert.True(seen.GetProperty("connected").GetBoolean());
        Assert.True(seen.GetProperty("signed").GetBoolean());
        Assert.Equal("""{"allowed":true,"denied":false}""", seen.GetProperty("macaroon").GetRawText());
    }
}
