namespace Eddy.Guarding;

/// <summary>
/// The shell scripts that eddy carries. A process of .NET's own takes more memory when it does nothing than a guard may, and starts too late on a
/// small machine; every system that LND runs on has a POSIX shell. A script travels in a variable, so that neither a file nor
/// the list of processes has to hold its text.
/// </summary>
internal sealed record ShellScript(string Resource, string Variable)
{
    public const string Shell = "/bin/sh";

    public static readonly ShellScript Guard = new("guard.sh", "EDDY_GUARD_SCRIPT");

    public static readonly ShellScript Supervisor = new("supervisor.sh", "EDDY_SUPERVISOR_SCRIPT");

    /// <summary>What the shell is given after its name; arguments of the script follow.</summary>
    public IEnumerable<string> Command => ["-c", $"eval \"${Variable}\"", "eddy"];

    public string Text
    {
        get
        {
            using var stream = typeof(ShellScript).Assembly.GetManifestResourceStream(Resource)
                ?? throw new InvalidOperationException($"{Resource} is missing from the program.");
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
    }
}
