using System.Diagnostics;
using Eddy.Guarding;

namespace Eddy.Tests.Guarding;

/// <summary>The guard itself, look by look, beside a process that stands for the daemon.</summary>
public sealed class GuardScriptTests
{
    private const int GoodLooks = 6;
    private const string Tick = "0.45";

    public static TheoryData<string> Shells => Shell.Known;

    [Theory]
    [MemberData(nameof(Shells))]
    public async Task It_kills_after_three_looks_that_find_nothing_new(string shell)
    {
        using var scene = new Scene();
        await using var guard = await scene.GuardAsync(shell);
        scene.Beat("armed 1");
        await LookAsync(guard, 1);
        scene.Beat("armed 2");
        await LookAsync(guard, 3);
        Assert.True(scene.IsAlive);

        guard.Wake();

        var (code, error) = await guard.EndAsync();
        Assert.Equal(0, code);
        await scene.EndsAsync();
        Assert.Contains($"WARN  Guard: the daemon (process {scene.Id}) did not look after LND's interceptor for 1.35 s or more: its process was not stopped", error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("its process was not stopped", GuardKill.Read(scene.Note)!.Reason, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(scene.Note));
        }
    }

    [Fact]
    public async Task It_kills_a_process_that_is_stopped_and_says_so()
    {
        using var scene = new Scene();
        await using var guard = await scene.GuardAsync(ShellScript.Shell);
        scene.Beat("armed 1");
        await ProcessTree.SignalAsync(scene.Id, "STOP");
        await LookAsync(guard, 3);

        guard.Wake();

        Assert.Contains("its process was stopped", (await guard.EndAsync()).Error, StringComparison.Ordinal);
        await scene.EndsAsync();
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public async Task It_leaves_alone_who_beats_and_who_holds_nothing_of_LNDs(string shell)
    {
        using var scene = new Scene();
        await using var guard = await scene.GuardAsync(shell);
        for (var i = 0; i < 5; i++)
        {
            scene.Beat($"armed {i}");
            await LookAsync(guard, 3);
        }

        scene.Beat("idle  7");
        await LookAsync(guard, 5);
        scene.Beat("armed 8");
        await LookAsync(guard, 3);

        Assert.True(scene.IsAlive);
    }

    [Theory]
    [InlineData("KILL")]
    [InlineData("TERM")]
    public async Task It_ends_with_the_daemon(string signal)
    {
        using var scene = new Scene();
        await using var guard = await scene.GuardAsync(ShellScript.Shell);
        await ProcessTree.SignalAsync(scene.Id, signal);
        await scene.EndsAsync();

        guard.Wake();

        Assert.Equal((0, ""), await guard.EndAsync());
        Assert.False(File.Exists(scene.Note));
    }

    [Fact]
    public async Task It_kills_nobody_who_only_has_the_daemons_number()
    {
        using var scene = new Scene();
        await using var guard = await scene.GuardAsync(ShellScript.Shell, born: "1");
        scene.Beat("armed 1");

        guard.Wake();

        Assert.Equal((0, ""), await guard.EndAsync());
        Assert.True(scene.IsAlive);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    [InlineData("HUP")]
    [InlineData("TSTP")]
    public async Task No_signal_that_is_meant_for_the_daemon_ends_or_stops_it(string signal)
    {
        using var scene = new Scene();
        await using var guard = await scene.GuardAsync(ShellScript.Shell);
        await LookAsync(guard, 1);

        await guard.SignalAsync(signal);

        await LookAsync(guard, 1);
        Assert.False(guard.HasEnded);
    }

    [Theory]
    [InlineData(0, "short")]
    [InlineData(GoodLooks, "long")]
    public async Task The_supervisor_is_told_before_and_whether_the_daemon_had_run_well(int looksBefore, string expected)
    {
        using var scene = new Scene();
        using var told = new TemporaryDirectory();
        var ready = told.File("ready");
        var report = told.File("report");
        var script = $"trap 'echo short > {report}; exit' USR1; trap 'echo long > {report}; exit' USR2; : > {ready}; while :; do read -r line || exit; done";
        using var supervisor = Process.Start(new ProcessStartInfo(ShellScript.Shell) { ArgumentList = { "-c", script }, RedirectStandardInput = true })!;
        await ProcessTree.UntilAsync("the supervisor to listen", () => File.Exists(ready));
        await using var guard = await scene.GuardAsync(ShellScript.Shell, supervisor: supervisor.Id);
        for (var i = 0; i < looksBefore; i++)
        {
            scene.Beat($"armed {i}");
            await LookAsync(guard, 1);
        }

        scene.Beat("armed 99");
        await LookAsync(guard, 3);
        guard.Wake();
        await guard.EndAsync();

        // A shell that reads may carry the trap out only when the read is over.
        supervisor.StandardInput.Close();
        await supervisor.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(expected, (await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken)).Trim());
        await scene.EndsAsync();
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public async Task Nobody_is_told_who_only_has_the_supervisors_number(string shell)
    {
        using var scene = new Scene();
        using var other = Process.Start(new ProcessStartInfo("/bin/cat") { RedirectStandardInput = true })!;
        await using var guard = await scene.GuardAsync(shell, supervisor: other.Id, supervisorBorn: "1");
        scene.Beat("armed 1");
        await LookAsync(guard, 3);

        guard.Wake();

        var (code, error) = await guard.EndAsync();
        Assert.Equal(0, code);
        await scene.EndsAsync();
        Assert.Contains("nobody starts it again, for its supervisor is gone", error, StringComparison.Ordinal);

        // USR1 would have ended it; the end of its input does it now.
        other.StandardInput.Close();
        await other.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, other.ExitCode);
    }

    [Theory]
    [InlineData(500, "0.125", 3)]
    [InlineData(1500, "0.375", 3)]
    [InlineData(2000, "0.5", 3)]
    [InlineData(10_000, "0.5", 19)]
    [InlineData(60_000, "0.5", 119)]
    public void The_timeout_is_the_latest_and_never_missed_by_a_look(int milliseconds, string tick, int looks)
    {
        var options = new GuardOptions(TimeSpan.FromMilliseconds(milliseconds), "/note");

        Assert.Equal((tick, Shell.Text(looks)), (options.Arguments(1, "2", "/beat", 0, "never")[3], options.Arguments(1, "2", "/beat", 0, "never")[4]));
        Assert.True((options.Looks + 1) * options.Tick <= options.Timeout);
        Assert.Equal(options.Tick, options.Beat * 2);
    }

    /// <summary>Some looks, each to its end: it sleeps again.</summary>
    private static async Task LookAsync(Shell guard, int count)
    {
        for (var i = 0; i < count; i++)
        {
            guard.Wake();
            Assert.Equal(Tick, await guard.SleepsAsync());
        }
    }

    /// <summary>A process to be guarded and its heartbeat.</summary>
    private sealed class Scene : IDisposable
    {
        private readonly TemporaryDirectory _directory = new();
        private readonly Process _victim;

        public Scene()
        {
            // Reads from a pipe of ours: it lives until it is killed or the test ends.
            _victim = Process.Start(new ProcessStartInfo("/bin/cat") { RedirectStandardInput = true })!;
            Beat("idle  0");
        }

        public int Id => _victim.Id;

        public bool IsAlive => ProcessTree.Runs(Id);

        /// <summary>A signal that was sent has not arrived yet where the machine is busy.</summary>
        public Task EndsAsync() => ProcessTree.UntilAsync("the daemon to end", () => !IsAlive);

        public string Note => _directory.File("guard.last");

        public void Beat(string line)
        {
            // At once or not at all, as in memory.
            _directory.Write("next", $"{line}\n");
            File.Move(_directory.File("next"), _directory.File("beat"), overwrite: true);
        }

        /// <summary>A guard that sleeps before its first look.</summary>
        public async Task<Shell> GuardAsync(string shell, string? born = null, int supervisor = 0, string? supervisorBorn = null)
        {
            // Fields here begin with the fourth; the start is the twenty-second.
            born ??= ProcessTree.Look(Id)!.Value.Fields[18];
            supervisorBorn ??= ProcessTree.Look(supervisor)?.Fields[18] ?? "never";
            var guard = Shell.Start(
                shell, ShellScript.Guard, Shell.Text(Id), born, _directory.File("beat"), Tick, "3", Shell.Text(GoodLooks), Shell.Text(supervisor), supervisorBorn, Note, "1.35 s");
            Assert.Equal(Tick, await guard.SleepsAsync());
            return guard;
        }

        public void Dispose()
        {
            _victim.Kill();
            _victim.WaitForExit();
            _victim.Dispose();
            _directory.Dispose();
        }
    }
}
