using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Eddy.Tests.CommandLine;

/// <summary>The executable as it was built, as a script would call it.</summary>
public sealed class ExecutableTests : IDisposable
{
    private readonly TemporaryDirectory _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task Version_names_version_and_commit()
    {
        var result = await EddyProcess.RunAsync(_home.Path, "--version");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Matches(@"^eddy \d+\.\d+\.\d+ \(commit ([0-9a-f]{12}|unknown)\)\n$", result.Output);
    }

    [Theory]
    [InlineData("--help", "Commands:")]
    [InlineData("run --help", "--rings.maxlength")]
    [InlineData("rings show --help", "ID")]
    [InlineData("config check --help", "[channel SCID]")]
    public async Task Help_is_everywhere(string arguments, string holds)
    {
        var result = await EddyProcess.RunAsync(_home.Path, arguments.Split(' '));

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains(holds, result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--version")]
    [InlineData("--help")]
    [InlineData("rings show --help")]
    public async Task An_output_that_takes_nothing_is_one_line_and_a_failure(string arguments)
    {
        using var error = new StringWriter();
        using var full = new FullWriter();

        var exitCode = await new Eddy.CommandLine.EddyCommands(new(full, error, false)).RunAsync(arguments.Split(' '));

        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Equal("eddy: Reading or writing failed: No space left on device", Assert.Single(error.ToString().TrimEnd().Split('\n')));
    }

    [Fact]
    public async Task A_terminal_that_is_closed_stops_a_simulation_as_SIGTERM_does()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "There is no /proc here.");
        Assert.SkipWhen(HasHangUp(Environment.ProcessId, "SigIgn:"), "SIGHUP is ignored here, and so in every process that is started here.");
        await using var process = EddyProcess.Start(_home.Path, ["simulate", "--faults", "crash", "--runs", "10000000", "--json"]);
        await Guarding.ProcessTree.UntilAsync("the process to listen to SIGHUP", () => HasHangUp(process.Id, "SigCgt:"));

        await Guarding.ProcessTree.SignalAsync(process.Id, "HUP");

        var result = await process.EndAsync();
        Assert.Equal((ExitCode.Failed, "eddy: stopped"), (result.ExitCode, result.Error));
        Assert.Equal("stopped", JsonDocument.Parse(result.Output).RootElement.GetProperty("error").GetString());
    }

    [Theory]
    [InlineData("", 2)]
    [InlineData("nonsense", 2)]
    [InlineData("run --rings.target 7", 2)]
    [InlineData("run --eddy.listen 0.0.0.0:1", 2)]
    [InlineData("run --config missing.conf", 2)]
    [InlineData("run --lnd.tlscert missing.cert", 2)]
    [InlineData("run --eddy.datadir file/below", 2)]
    [InlineData("config check --lnd.tlscert missing.cert", 2)]
    [InlineData("status", 3)]
    [InlineData("propose --wait 1", 3)]
    [InlineData("config check", 0)]
    [InlineData("config show", 0)]
    [InlineData("macaroon", 0)]
    public async Task Exit_codes_are_those_of_the_contract(string arguments, int exitCode)
    {
        _home.Write("file", "");
        var result = await EddyProcess.RunAsync(_home.Path, arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(exitCode, result.ExitCode);
        if (exitCode != 0)
        {
            Assert.Equal("", result.Output);
            Assert.All(result.Error.Split('\n'), line => Assert.StartsWith("eddy: ", line, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task The_default_file_and_the_environment_are_read()
    {
        Directory.CreateDirectory(_home.File(".eddy"));
        _home.Write(".eddy/eddy.conf", "[rings]\ntarget=0.4\nmaxlength=5\n");
        var environment = new Dictionary<string, string> { ["EDDY_RINGS__MAXLENGTH"] = "7" };

        var result = await EddyProcess.RunAsync(_home.Path, ["config", "show", "--json"], environment);

        using var document = JsonDocument.Parse(result.Output);
        var values = document.RootElement.GetProperty("values").EnumerateArray().ToDictionary(
            value => value.GetProperty("key").GetString()!, value => (value.GetProperty("value").GetString(), value.GetProperty("from").GetString()));
        Assert.Equal(("0.4", _home.File(".eddy/eddy.conf") + ":2"), values["rings.target"]);
        Assert.Equal(("7", "EDDY_RINGS__MAXLENGTH"), values["rings.maxlength"]);
        Assert.Equal((_home.File(".lnd/tls.cert"), "default"), values["lnd.tlscert"]);
    }

    [Fact]
    public async Task Every_mistake_in_the_file_is_reported_at_once()
    {
        var file = _home.Write("my.conf", "[lnd]\nhots=a:1\n[rings]\ntarget=2\n");
        var plain = await EddyProcess.RunAsync(_home.Path, "config", "check", "--config", file);
        var json = await EddyProcess.RunAsync(_home.Path, "config", "check", "--config", file, "--json");

        Assert.Equal((2, ""), (plain.ExitCode, plain.Output));
        Assert.Equal(
            [$"eddy: {file}:2: unknown key 'hots' in [lnd]; did you mean 'host'?", $"eddy: {file}:4: target: '2' is not a share of the capacity from 0.01 to 0.99, like 0.5"],
            plain.Error.Split('\n'));
        using var document = JsonDocument.Parse(json.Output);
        Assert.False(document.RootElement.GetProperty("valid").GetBoolean());
        Assert.Equal(2, document.RootElement.GetProperty("mistakes").GetArrayLength());
    }

    [Fact]
    public async Task An_empty_macaroon_is_wrong_configuration_and_an_lnd_that_is_not_there_cannot_be_reached()
    {
        WriteCertificate(_home.File("tls.cert"));
        _home.Write("empty.macaroon", "");
        _home.Write("eddy.macaroon", "0201036c6e640200");
        string[] arguments = ["run", "--lnd.host", $"127.0.0.1:{FreePort()}", "--lnd.tlscert", "tls.cert"];

        var empty = await EddyProcess.RunAsync(_home.Path, [.. arguments, "--lnd.macaroon", "empty.macaroon"]);
        var away = await EddyProcess.RunAsync(_home.Path, [.. arguments, "--lnd.macaroon", "eddy.macaroon"]);

        Assert.Equal((2, 3), (empty.ExitCode, away.ExitCode));
        Assert.Contains("is empty", empty.Error, StringComparison.Ordinal);
        Assert.Single(away.Error.Split('\n'));
    }

    [Fact]
    public async Task Macaroon_prints_a_line_that_never_overwrites_lnds_own()
    {
        var result = await EddyProcess.RunAsync(_home.Path, "macaroon", "--lnd.lnddir", "lnd", "--lnd.network", "regtest");

        Assert.StartsWith(
            $"lncli --network=regtest bakemacaroon --save_to={_home.File("lnd/data/chain/bitcoin/regtest/eddy.macaroon")} --root_key_id=701 uri:/lnrpc.",
            result.Output,
            StringComparison.Ordinal);
    }

    private static void WriteCertificate(string path)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=lnd", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(path, certificate.ExportCertificatePem());
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static bool HasHangUp(int id, string mask)
    {
        var line = File.ReadLines($"/proc/{id}/status").First(line => line.StartsWith(mask, StringComparison.Ordinal));
        return (ulong.Parse(line.AsSpan(mask.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & 1) != 0;
    }

    /// <summary>As /dev/full is to whoever writes at once.</summary>
    private sealed class FullWriter : StringWriter
    {
        public override void Write(char value) => throw new IOException("No space left on device");

        public override void Write(string? value) => throw new IOException("No space left on device");

        public override void Write(char[] buffer, int index, int count) => throw new IOException("No space left on device");

        public override void WriteLine(string? value) => throw new IOException("No space left on device");
    }
}
