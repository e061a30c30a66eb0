using System.Collections;
using Eddy.Configuration;

namespace Eddy.Fuzzing.Targets;

/// <summary>eddy.conf, with a list of nodes that it names. Behind a line of its own (<c>%%%%</c>) the input is that list.</summary>
internal sealed class ConfigTarget : FuzzTarget
{
    private const string ListMark = "\n%%%%\n";

    private static readonly string Directory = Path.Combine(
        System.IO.Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"eddy-fuzzing-{Environment.ProcessId}");

    private static readonly Dictionary<ConfigKey, string> NoFlags = [];
    private static readonly Hashtable NoVariables = [];

    private readonly string _file;
    private readonly string _list;

    public ConfigTarget()
    {
        System.IO.Directory.CreateDirectory(Directory);
        _file = Path.Combine(Directory, $"{Guid.NewGuid():N}.conf");
        _list = Path.ChangeExtension(_file, "list");
        AppDomain.CurrentDomain.ProcessExit += static (_, _) =>
        {
            if (System.IO.Directory.Exists(Directory))
            {
                System.IO.Directory.Delete(Directory, recursive: true);
            }
        };
    }

    public override string Name => "config";

    public override string What => "eddy.conf and the lists it names: a configuration, or mistakes that say where; nothing in between";

    public override AllocationBound Bound => new(1_000_000, 2_048);

    public override IReadOnlyList<byte[]> Dictionary => Words.Of(
    [
        .. ConfigKeys.All.Select(static key => $"{key.Name}="), .. ConfigKeys.All.Select(static key => key.Section).Distinct().Select(static section => $"[{section}]\n"),
        "[channel 870127x1237x1]\n", $"[peer {Samples.Honest}]\n", "exclude=true\n", "file://", "file://list", "~", "~/", "/dev/null", "\0", "\"", "#", ";", "=", "\n", ",", "_", "0.5", "30s", "ms", ":1",
        "[::1]:8735", "127.0.0.1:1", $"{Samples.Hostile}", "\uFEFF", ListMark,
    ]);

    public override IEnumerable<byte[]> Seeds()
    {
        yield return Words.Bytes(string.Concat(ConfigKeys.All.GroupBy(static key => key.Section).Select(static section =>
            $"[{section.Key}]\n" + string.Concat(section.Where(static key => key.Default.Length > 0).Select(static key => $"{key.Name}={key.Default}\n")))));
        yield return Words.Bytes(
            $"# what is excluded\n[channel 870127x1237x1]\ntarget=0.3 ; less\nexclude=true\n[peer {Samples.Honest}]\ndeadband=\"0.2\"\n[policy]\nallow={Samples.Hostile}, file://list\nmaxperday=1_000_000{ListMark}{Samples.Sybil} # one\n\n{Samples.Honest}\n");
        yield return Words.Bytes("[lnd]\nnetwork=regtest\nlnddir=~/.lnd\n[rings]\nminamount=9\nmaxamount=8\nintervall=3h\n");
    }

    public override int Execute(byte[] input)
    {
        var text = Words.Text(input);
        var mark = text.IndexOf(ListMark, StringComparison.Ordinal);
        var configuration = mark < 0 ? text : text[..mark];
        // Files that every machine has another one of, or that never end, tell nothing about our own reading.
        if (configuration.Contains("/dev", StringComparison.Ordinal) || configuration.Contains("/proc", StringComparison.Ordinal))
        {
            return 0;
        }

        CheckIni(configuration);
        File.WriteAllText(_list, mark < 0 ? "" : text[(mark + ListMark.Length)..]);
        File.WriteAllText(_file, configuration.Replace("file://list", $"file://{_list}", StringComparison.Ordinal));
        var (config, mistakes) = ConfigLoader.Load(_file, NoVariables, NoFlags);
        Check.That(config is null != mistakes.IsEmpty, "Neither a configuration nor a mistake, or both.");
        if (config is null)
        {
            Check.That(mistakes.All(static mistake => mistake.ToString().Length > 0), "A mistake without words.");
            return 1 + Math.Min(20, mistakes.Length);
        }

        Check.That(config.MinAmountSat >= 1 && config.MinAmountSat <= config.MaxAmountSat, "Amounts out of order.");
        Check.That(config.Target is >= 0.01 and <= 0.99 && config.Deadband is >= 0 and <= 0.5 && config.MaxLength is >= 3 and <= 12, "A share or length out of its bounds.");
        Check.That(System.Net.IPAddress.IsLoopback(config.Listen.Address), "The API is open to the world.");
        Check.That(config.Interval >= TimeSpan.FromMilliseconds(100), "Searches without pause.");
        Check.That(!config.Allow.Overlaps(config.Deny), "Both allowed and denied.");
        return 100 + (config.Channels.Count * 3) + config.Peers.Count;
    }

    /// <summary>What was read, written plainly, reads the same.</summary>
    private static void CheckIni(string text)
    {
        var ini = IniFile.Parse("file", text);
        var lines = text.Split('\n').Length;
        Check.That(ini.Entries.All(entry => entry.Line >= 1 && entry.Line <= lines), "An entry on no line.");
        Check.That(ini.Mistakes.Count + ini.Entries.Count <= lines, "More than there are lines.");
        var plain = string.Concat(ini.Entries.Where(IsPlain).Select(static entry => $"[{entry.Section} {entry.Argument}]\n{entry.Key}=\"{entry.Value}\"\n"));
        var again = IniFile.Parse("file", plain);
        Check.That(again.Mistakes.Count == 0, "What was written plainly is wrong.");
        Check.That(
            again.Entries.Select(static entry => entry with { Line = 0 }).SequenceEqual(ini.Entries.Where(IsPlain).Select(static entry => entry with { Line = 0 })),
            "What was written plainly reads differently.");

        // A name with a bracket, a key that looks like a comment, a value with a quote: there is no plain way to write those.
        static bool IsPlain(IniEntry entry) =>
            entry.Section.Length > 0 && !entry.Key.Contains('"', StringComparison.Ordinal) && !entry.Value.Contains('"', StringComparison.Ordinal);
    }
}
