using Eddy.Api;
using Eddy.Configuration;
using Eddy.Guarding;
using Eddy.Setup;

namespace Eddy.Doctor;

/// <summary>What starts the daemon and watches over it.</summary>
internal static class SystemFindings
{
    /// <param name="config">Whether a guard is wanted.</param>
    /// <param name="status">Of the daemon; null where none runs.</param>
    public static IEnumerable<Finding> Find(EddyConfig config, StatusReport? status)
    {
        if (status is null)
        {
            yield return Guard(config);
        }

        yield return Systemd();
    }

    private static Finding Guard(EddyConfig config) =>
        !config.IsGuarded ? Finding.Warn("guard", "It is switched off: nothing ends a daemon that froze, and LND forwards nothing meanwhile.", "Take guard=off out of the configuration.")
        : !OperatingSystem.IsLinux() || !File.Exists(ShellScript.Shell) ? Finding.Warn("guard", "There is none on this system: it needs Linux and /bin/sh.", "See 'eddy help guard'.")
        : Finding.Ok("guard", $"It will end a daemon that froze, within {config.GuardTimeout.TotalMilliseconds:0} ms.");

    private static Finding Systemd()
    {
        if (!Directory.Exists("/run/systemd/system"))
        {
            return Finding.Ok("systemd", "It does not run here; something else has to start eddy with the machine.");
        }

        var unit = SystemdUnit.Files.FirstOrDefault(File.Exists);
        return unit is null
            ? Finding.Warn("systemd", "There is no unit, so that eddy does not start with the machine.", $"'eddy setup --unit {SystemdUnit.StandardFile}' as root, then 'systemctl enable --now eddy'.")
            : IsNotify(unit) ? Finding.Ok("systemd", $"{unit} starts eddy and is told how it is.")
            : Finding.Ok("systemd", $"{unit} starts eddy; with Type=notify it would be told how it is, too.");
    }

    private static bool IsNotify(string unit)
    {
        try
        {
            return BoundedText.Read(unit, 64 * 1024)?.Contains("Type=notify", StringComparison.Ordinal) ?? false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
