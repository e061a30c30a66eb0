using System.Globalization;
using System.Text;
using System.Text.Json;
using Eddy.Api;
using Eddy.Demo;
using Eddy.Simulator.Grpc;
using Microsoft.Data.Sqlite;

namespace Eddy.Tests.Scenarios;

/// <summary>
/// A ring whose initiator and first member are processes that log all they can. What they write, answer and keep holds no macaroon, no token,
/// no preimage and no payment address.
/// </summary>
public sealed class SecretsTests
{
    // The other commands show nothing but what the API answers.
    private static readonly string[][] Commands = [["config", "show"], ["config", "show", "--json"], ["macaroon"]];
    private static readonly string[] Paths = ["status", "channels", "peers", "adverts", "rings", "no-such-thing"];

    [Fact]
    public async Task Nothing_that_is_written_or_answered_holds_a_secret()
    {
        using var firstHome = new TemporaryDirectory();
        using var secondHome = new TemporaryDirectory();
        await using var scenario = await Scenario.StartAsync();
        var macaroons = new[] { Bake(scenario.Ring[0], firstHome), Bake(scenario.Ring[1], secondHome) };
        await using var initiator = new DaemonProcess(scenario.Ring[0], firstHome.Path, Flags(firstHome));
        await using var member = new DaemonProcess(scenario.Ring[1], secondHome.Path, Flags(secondHome));
        foreach (var node in scenario.Ring.Skip(2))
        {
            await scenario.Site.StartDaemonAsync(node, TestContext.Current.CancellationToken);
        }

        await member.StartAsync();
        await initiator.StartAsync();
        string? ring = null;
        await scenario.UntilAsync("a ring to settle", async () => (ring = await SettledRingAsync(initiator)) is not null);

        // An initiator keeps the preimage of a ring under way: it may have to make its invoice again. Nothing may be under way when it is stopped.
        Assert.Equal(0, (await initiator.AskAsync("pause")).ExitCode);
        await scenario.UntilAsync("every ring to end", async () => (await OutcomesAsync(initiator)).All(outcome => outcome != "under_way"));

        var written = new StringBuilder();
        foreach (var daemon in new[] { initiator, member })
        {
            foreach (var path in Paths.Append($"rings/{ring}").Append($"why/{scenario.Ring[1].Model.Channels[0].ChanId}"))
            {
                written.AppendLine(await daemon.GetAsync($"v1/{path}"));
            }

            written.AppendLine((await daemon.StopAsync()).Error);
        }

        foreach (var command in Commands)
        {
            var result = await initiator.AskAsync(command);
            written.AppendLine(result.Output).AppendLine(result.Error);
        }

        // Wrong input, too: an error must not quote what it could not use.
        var broken = firstHome.Write("broken.macaroon", Convert.ToHexStringLower(macaroons[0]) + "00");
        var tokens = new[] { firstHome, secondHome }.Select(home => File.ReadAllText(AccessToken.PathIn(home.File("data"))).Trim()).ToArray();
        foreach (var wrong in new string[][] { ["--lnd.macaroon", broken], ["--lnd.macaroon", Convert.ToHexString(macaroons[0])], ["--lnd.host", tokens[0]], ["--lnd.tlscert", broken], ["--config", broken], ["--eddy.datadir", AccessToken.PathIn(firstHome.File("data"))] })
        {
            var result = await EddyProcess.RunAsync(firstHome.Path, ["run", .. wrong]);
            Assert.NotEqual(0, result.ExitCode);
            written.AppendLine(result.Error);
        }

        var kept = new[] { firstHome, secondHome }.Select(home => Dump(home.File("data/eddy.db"))).ToArray();
        var text = written.ToString();
        Assert.Contains(ring!, text, StringComparison.Ordinal);
        Assert.All(kept, dump => Assert.Contains(ring!, dump, StringComparison.OrdinalIgnoreCase));
        var invoices = await scenario.Site.Pump.InvokeAsync(_ => scenario.Initiator.Model.Invoices.All
            .Select(invoice => (Preimage: invoice.Preimage!.Value.Value.ToArray(), Address: invoice.PaymentAddr.ToArray(), invoice.PaymentRequest)).ToArray());
        Assert.NotEmpty(invoices);
        foreach (var invoice in invoices)
        {
            AssertAbsent("a preimage", invoice.Preimage, text, kept[0], kept[1]);
            AssertAbsent("a payment address", invoice.Address, text, kept[1]);
            Assert.DoesNotContain(invoice.PaymentRequest, text, StringComparison.Ordinal);
        }

        foreach (var macaroon in macaroons)
        {
            // Its end is the signature, without which the rest is worth nothing.
            AssertAbsent("a macaroon", macaroon[^32..], text, kept[0], kept[1]);
        }

        foreach (var token in tokens)
        {
            AssertAbsent("a token", Convert.FromHexString(token), text, kept[0], kept[1]);
        }
    }

    private static byte[] Bake(DemoNode node, TemporaryDirectory home)
    {
        var macaroon = node.Lnd.Bakery.Bake([.. MethodPermissions.Admin]).ToBytes();
        File.WriteAllBytes(home.File("eddy.macaroon"), macaroon);
        return macaroon;
    }

    private static string[] Flags(TemporaryDirectory home) =>
        ["--lnd.macaroon", home.File("eddy.macaroon"), "--eddy.loglevel", "trace", "--rings.maxlength", "4"];

    private static async Task<string[]> OutcomesAsync(DaemonProcess daemon)
    {
        using var rings = JsonDocument.Parse(await daemon.GetAsync("v1/rings"));
        return [.. rings.RootElement.GetProperty("rings").EnumerateArray().Select(ring => ring.GetProperty("outcome").GetString()!)];
    }

    private static async Task<string?> SettledRingAsync(DaemonProcess daemon)
    {
        using var rings = JsonDocument.Parse(await daemon.GetAsync("v1/rings"));
        return rings.RootElement.GetProperty("rings").EnumerateArray()
            .Where(ring => ring.GetProperty("outcome").GetString() == "settled")
            .Select(ring => ring.GetProperty("id").GetString())
            .FirstOrDefault();
    }

    private static void AssertAbsent(string what, byte[] secret, params string[] texts)
    {
        foreach (var text in texts)
        {
            var isThere = text.Contains(Convert.ToHexString(secret), StringComparison.OrdinalIgnoreCase)
                || text.Contains(Convert.ToBase64String(secret).TrimEnd('='), StringComparison.Ordinal);
            Assert.False(isThere, $"{what} is in what was written");
        }
    }

    /// <summary>Every cell of every table as text, blobs as hex.</summary>
    private static string Dump(string path)
    {
        var text = new StringBuilder();
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        connection.Open();
        foreach (var table in Rows(connection, "SELECT name FROM sqlite_master WHERE type = 'table'").Select(row => (string)row[0]).ToArray())
        {
            foreach (var cell in Rows(connection, $"SELECT * FROM \"{table}\"").SelectMany(row => row))
            {
                text.AppendLine(cell is byte[] bytes ? Convert.ToHexStringLower(bytes) : Convert.ToString(cell, CultureInfo.InvariantCulture));
            }
        }

        return text.ToString();
    }

    private static IEnumerable<object[]> Rows(SqliteConnection connection, string query)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The names are the database's own.
        command.CommandText = query;
#pragma warning restore CA2100
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            var row = new object[reader.FieldCount];
            reader.GetValues(row);
            yield return row;
        }
    }
}
