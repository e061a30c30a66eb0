using Eddy.Guarding;

namespace Eddy.Tests.Guarding;

/// <summary>The supervisor itself, with small scripts for a daemon.</summary>
public sealed class SupervisorScriptTests
{
    private const int Killed = 128 + 9;

    public static TheoryData<string> Shells => Shell.Known;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task It_ends_as_the_daemon_ends_and_starts_nothing_again(int code)
    {
        using var scene = new Scene($"exit {code}");
        await using var supervisor = scene.Supervise(ShellScript.Shell);

        Assert.Equal((code, ""), await supervisor.EndAsync());
        Assert.Single(scene.Starts);
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public async Task A_daemon_that_somebody_else_kills_is_not_started_again(string shell)
    {
        using var scene = new Scene("kill -KILL $$");
        await using var supervisor = scene.Supervise(shell);

        Assert.Equal(Killed, (await supervisor.EndAsync()).Code);
        Assert.Single(scene.Starts);
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public async Task A_daemon_that_the_guard_kills_is_started_again_at_once_and_then_later_and_later(string shell)
    {
        // The sixth time it had run well before, so that the count begins again.
        using var scene = new Scene("case $starts in 6) kill -USR2 $EDDY_SUPERVISOR;; 8) exit 7;; *) kill -USR1 $EDDY_SUPERVISOR;; esac; kill -KILL $$");
        await using var supervisor = scene.Supervise(shell);
        var pauses = new List<string?>();
        for (var i = 0; i < 5; i++)
        {
            pauses.Add(await supervisor.SleepsAsync());
            supervisor.Wake();
        }

        Assert.Equal(7, (await supervisor.EndAsync()).Code);
        Assert.Equal(["2", "6", "14", "30", "2"], pauses);
        Assert.Equal(8, scene.Starts.Length);
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public async Task What_ends_the_supervisor_ends_the_daemon_first_and_its_exit_code_holds(string shell)
    {
        using var scene = new Scene("trap 'exit 5' TERM; : > ready; while :; do read -r line < pipe; done");
        await using var supervisor = scene.Supervise(shell);
        await ProcessTree.UntilAsync("the daemon to be ready", () => scene.IsReady);

        await supervisor.SignalAsync("TERM");
        await ProcessTree.UntilAsync("the end", () =>
        {
            scene.Nudge();
            return supervisor.HasEnded;
        });

        Assert.Equal(5, (await supervisor.EndAsync()).Code);
        Assert.Single(scene.Starts);
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public async Task A_hang_up_is_passed_on_and_ends_nothing(string shell)
    {
        using var scene = new Scene("trap ': > heard' HUP; trap 'exit 5' TERM; : > ready; while :; do read -r line < pipe; done");
        await using var supervisor = scene.Supervise(shell);
        await ProcessTree.UntilAsync("the daemon to be ready", () => scene.IsReady);

        await supervisor.SignalAsync("HUP");
        await ProcessTree.UntilAsync("the hang-up to be heard", () =>
        {
            scene.Nudge();
            return scene.HasHeard;
        });
        Assert.False(supervisor.HasEnded);

        await supervisor.SignalAsync("TERM");
        await ProcessTree.UntilAsync("the end", () =>
        {
            scene.Nudge();
            return supervisor.HasEnded;
        });
        Assert.Equal(5, (await supervisor.EndAsync()).Code);
    }

    [Fact]
    public async Task It_can_be_ended_while_it_waits_to_start_again()
    {
        using var scene = new Scene("kill -USR1 $EDDY_SUPERVISOR; kill -KILL $$");
        await using var supervisor = scene.Supervise(ShellScript.Shell);
        Assert.Equal("2", await supervisor.SleepsAsync());

        await supervisor.SignalAsync("TERM");

        Assert.Equal(Killed, (await supervisor.EndAsync()).Code);
        Assert.Equal(2, scene.Starts.Length);
    }

    [Theory]
    [InlineData(true, "run")]
    [InlineData(true, "run", "--lnd.host", "127.0.0.1:1")]
    [InlineData(true, "run", "--eddy.guardtimeout", "5s")]
    [InlineData(false, "run", "--help")]
    [InlineData(false, "run", "--eddy.guard", "off")]
    [InlineData(false, "run", "--eddy.guard=on")]
    [InlineData(false, "status")]
    [InlineData(false, "--config", "run", "status")]
    [InlineData(false)]
    public void Only_a_daemon_that_is_certainly_guarded_is_supervised_unread(bool expected, params string[] arguments)
    {
        Assert.Equal(expected, Supervisor.IsWanted(arguments, new Dictionary<string, string>()));
        Assert.False(Supervisor.IsWanted(arguments, new Dictionary<string, string> { ["EDDY_EDDY__GUARD"] = "off" }));
    }

    /// <summary>A script that stands for the daemon and notes each start.</summary>
    private sealed class Scene : IDisposable
    {
        private readonly TemporaryDirectory _directory = new();
        private readonly string _script;

        public Scene(string body)
        {
            using var make = System.Diagnostics.Process.Start("mkfifo", [_directory.File("pipe")]);
            make.WaitForExit();
            _script = _directory.Write("daemon", $"cd \"$1\"\necho start >> starts\nstarts=$(wc -l < starts)\nstarts=$((starts))\n{body}\n");
        }

        public string[] Starts => File.ReadAllLines(_directory.File("starts"));

        public bool IsReady => File.Exists(_directory.File("ready"));

        public bool HasHeard => File.Exists(_directory.File("heard"));

        /// <summary>A shell that waits in a read sees its signals only when that is over.</summary>
        public void Nudge()
        {
            using var pipe = new FileStream(_directory.File("pipe"), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 1);
            pipe.Write("\n"u8);
        }

        public Shell Supervise(string shell) => Shell.Start(shell, ShellScript.Supervisor, "/bin/sh", _script, _directory.Path);

        public void Dispose() => _directory.Dispose();
    }
}
