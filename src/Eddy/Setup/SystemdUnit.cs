namespace Eddy.Setup;

/// <summary>The unit by which systemd runs eddy.</summary>
/// <param name="User">Who may read LND's certificate and owns eddy's directory.</param>
/// <param name="Program">eddy, as systemd starts it.</param>
/// <param name="Flags">What both the daemon and its reload need to be told; begins with a space where there is any.</param>
internal sealed record SystemdUnit(string User, string Program, string Flags)
{
    /// <summary>Where systemd looks for an administrator's units.</summary>
    public const string StandardFile = "/etc/systemd/system/eddy.service";

    /// <summary>Above what the packages bring, below what an administrator wrote.</summary>
    public static readonly IReadOnlyList<string> Files = [StandardFile, "/lib/systemd/system/eddy.service", "/usr/lib/systemd/system/eddy.service"];

    public string Text => $"""
        [Unit]
        Description=Eddy
        After=lnd.service
        Wants=lnd.service

        [Service]
        Type=notify
        User={User}
        ExecStart={Program} run{Flags}
        ExecReload={Program} config reload{Flags}
        # The guard's kill counts as a failure; wrong configuration and missing rights do not heal by themselves. LND that is away or locked (3) does.
        Restart=on-failure
        RestartPreventExitStatus=2 4
        RestartSec=5
        # A second net, fed by the same signs of life, for what the guard does not see. SIGABRT would not reach a stopped process.
        WatchdogSec=10
        WatchdogSignal=SIGKILL
        TimeoutStopSec=40

        [Install]
        WantedBy=multi-user.target

        """;

    /// <param name="configFile">The file that was written; named only where eddy would not find it by itself.</param>
    public static SystemdUnit ForThisProgram(string configFile)
    {
        var program = Environment.ProcessPath ?? "/usr/local/bin/eddy";
        var start = Path.GetFileNameWithoutExtension(program) == "dotnet" ? $"{program} {Environment.GetCommandLineArgs()[0]}" : program;
        var config = configFile == Configuration.ConfigLoader.DefaultFile ? "" : $" --config {configFile}";
        return new(Environment.UserName, start, config);
    }
}
