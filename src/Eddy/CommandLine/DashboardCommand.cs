using System.CommandLine;
using System.Diagnostics;
using Eddy.Api;

namespace Eddy.CommandLine;

/// <summary><c>eddy dashboard</c>: a link that lets one browser in.</summary>
internal static class DashboardCommand
{
    public static void AddTo(EddyCommands commands, Command root)
    {
        var stay = new Option<bool>("--no-open") { Description = "Only print the link, though there is a desktop" };
        commands.AddQuery(root, new("dashboard", "Print a link to the dashboard that lets one browser in, and open it where there is a desktop") { stay }, async (parse, daemon, output, cancellationToken) =>
        {
            var login = await daemon.PostAsync("v1/login", ApiJson.Default.LoginReport, cancellationToken);
            if (!output.IsJson && output.Terminal.IsInteractive && !parse.GetValue(stay))
            {
                Open(login.Url);
            }

            return output.Write(login, ApiJson.Default.LoginReport, static (terminal, report) =>
            {
                // Straight out, for a line that is broken is no link.
                terminal.Output.WriteLine(report.Url);
                terminal.WriteError($"it works once, until {report.ExpiresAt.LocalDateTime:HH:mm:ss}; from another machine: ssh -L {new Uri(report.Url).Port}:127.0.0.1:{new Uri(report.Url).Port} first");
            });
        });
    }

    private static void Open(string url)
    {
        if (!OperatingSystem.IsLinux() || (Environment.GetEnvironmentVariable("DISPLAY") ?? Environment.GetEnvironmentVariable("WAYLAND_DISPLAY")) is not { Length: > 0 })
        {
            return;
        }

        try
        {
            // What a browser says is not for this terminal.
            using var process = Process.Start(new ProcessStartInfo("xdg-open", [url]) { RedirectStandardOutput = true, RedirectStandardError = true });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // No desktop after all: the link is printed.
        }
    }
}
