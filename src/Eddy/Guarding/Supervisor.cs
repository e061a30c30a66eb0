using System.Collections;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Eddy.Guarding;

/// <summary>
/// <c>eddy run</c> is two processes: a shell that supervises, under the number that was started, and the daemon as its child. So
/// a daemon that the guard had to kill is started again while whoever started eddy sees one process, and a container's first process,
/// which nothing inside can kill, is not the daemon. Under systemd with <c>Type=notify</c> systemd does that itself.
/// </summary>
internal static class Supervisor
{
    /// <summary>Set by the supervisor for the daemon: its own number.</summary>
    private const string Variable = "EDDY_SUPERVISOR";

    /// <summary>The supervisor's process; 0 where there is none. A number that somebody inherited is not believed.</summary>
    public static int Process { get; } = OperatingSystem.IsLinux()
        && int.TryParse(Environment.GetEnvironmentVariable(Variable), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
        && id == NativeMethods.GetParent() ? id : 0;

    /// <summary>When it began, so that nobody else is signalled in its place.</summary>
    public static string Born { get; } = (Process != 0 ? ProcessStart.Of(Process) : null) ?? "never";

    /// <summary>There was a supervisor, and it has ended without ending us.</summary>
    public static bool IsLost => Process != 0 && NativeMethods.GetParent() != Process;

    /// <summary>
    /// Whether these arguments certainly run the daemon with its guard. Looked at before they are parsed: a supervised daemon starts .NET twice, and
    /// nearly all of a start is what comes after this question.
    /// </summary>
    public static bool IsWanted(IReadOnlyList<string> arguments, IDictionary environment)
    {
        var guard = Configuration.ConfigKeys.Guard;
        return arguments is ["run", ..]
            && !arguments.Any(argument => argument is "--help" or "-h" or "-?" || argument == guard.Flag || argument.StartsWith($"{guard.Flag}=", StringComparison.Ordinal))
            && !environment.Contains(guard.Variable);
    }

    /// <summary>Becomes the supervisor of the same command. Returns if there is one already, if systemd is it, or if that is not possible here.</summary>
    public static void TakeOver(IReadOnlyList<string> arguments)
    {
        if (!OperatingSystem.IsLinux() || Process != 0 || (ServiceManager.IsPresent && Environment.ProcessId != 1) || !File.Exists(ShellScript.Shell) || Environment.ProcessPath is not { } program)
        {
            return;
        }

        var isHost = Path.GetFileNameWithoutExtension(program) == "dotnet";
        string[] command = isHost ? [program, Environment.GetCommandLineArgs()[0]] : [program];
        var script = ShellScript.Supervisor;
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(variable => $"{variable.Key}={variable.Value}");
        NativeMethods.Become(
            ShellScript.Shell,
            ["sh", .. script.Command, .. command, .. arguments],
            [.. environment, $"{script.Variable}={script.Text}"]);

        // Unsupervised, then: the guard still kills what is frozen.
        var why = Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
        Console.Error.WriteLine($"eddy: nobody will start the daemon again if it has to be killed: {ShellScript.Shell}: {why}");
    }
}
