using System.Collections;
using Eddy.CommandLine;
using Eddy.Configuration;
using Eddy.Lnd;
using Eddy.Lnd.Access;

namespace Eddy.Setup;

/// <summary>One setup: LND is found and asked, then files are written. Nothing is replaced or baked without a yes.</summary>
internal sealed class SetupRun(SetupOptions options, Questions questions, Terminal terminal, TimeProvider time)
{
    /// <summary>Where Umbrel's network of containers has LND; its port may not be open on the machine itself.</summary>
    private const string UmbrelHost = "10.21.21.9:10009";

    private readonly IDictionary _environment = Environment.GetEnvironmentVariables();

    /// <exception cref="CommandException">It cannot go on; the line says why.</exception>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        // What an earlier file says stays, unless another LND is named.
        var before = LoadBefore();
        var place = FindLnd(before);
        var conf = LndConf.Read(place.Directory);
        var lnd = await ConnectAsync(before, place, conf, cancellationToken);
        terminal.WriteLine($"LND answers at {lnd.Host}; certificate {lnd.TlsCertPath}.");
        var files = new SetupFiles(questions, terminal, time);
        var admin = options.AdminMacaroon ?? Existing(conf.AdminMacaroon(lnd.Network ?? "mainnet"), Path.Combine(place.Directory, "data", "chain", "bitcoin", lnd.Network ?? "mainnet", "admin.macaroon"));
        var isBaked = await new SetupMacaroon(questions, terminal, files).EnsureAsync(lnd, admin, place.Directory, cancellationToken);
        var survey = isBaked ? await SurveyAsync(lnd, cancellationToken) : null;
        if (survey is not null)
        {
            Show(survey);
        }

        var config = Decide(before, lnd, place.Directory, survey);
        var isWritten = files.Write(options.ConfigFile, ConfigTemplate.Write(config, survey, time.GetUtcNow()), "the configuration");
        WriteUnit(files);
        return End(config, isBaked, isWritten, conf);
    }

    private static string Existing(params string[] paths) => paths.FirstOrDefault(File.Exists) ?? paths[0];

    private static bool IsSet(EddyConfig config, ConfigKey key) => config.OriginOf(key) is not (ConfigOrigin.Default or ConfigOrigin.Derived);

    private EddyConfig LoadBefore()
    {
        if (File.Exists(options.ConfigFile) && options.LndDirectory is null)
        {
            var (earlier, mistakes) = ConfigLoader.Load(options.ConfigFile, _environment, options.Given);
            if (earlier is not null)
            {
                return earlier;
            }

            terminal.WriteError($"what {options.ConfigFile} says is not taken over: {mistakes[0]}");
        }

        var (config, wrong) = ConfigLoader.Load(null, _environment, options.Given, readsFile: false);
        return config ?? throw new CommandException(ExitCode.Usage, [.. wrong.Select(mistake => mistake.ToString())]);
    }

    private LndPlace FindLnd(EddyConfig before)
    {
        if (options.LndDirectory is { } named)
        {
            return Wrong(named) is { } wrong ? throw new CommandException(ExitCode.Usage, wrong) : new("the one named", named, true);
        }

        if (IsSet(before, ConfigKeys.LndDirectory))
        {
            return new("the one configured", Directory(before), true);
        }

        if (IsSet(before, ConfigKeys.Certificate))
        {
            return new("the one configured", Path.GetDirectoryName(before.Certificate)!, true);
        }

        var places = options.Places.Find();
        foreach (var place in places)
        {
            terminal.WriteLine($"Found {place.Kind}: {place.Directory}{(place.IsReadable ? "" : ", which this user may not read")}");
        }

        var readable = places.Where(place => place.IsReadable).ToArray();
        if (readable.Length > 0 && questions.Confirm($"Use {readable[0].Directory}?", proposed: true))
        {
            return readable[0];
        }

        // With --non-interactive one that stands alone is no question.
        if (readable.Length == 1 && questions.Answering == Answering.Never)
        {
            return readable[0];
        }

        var directory = questions.Text("Where is LND's directory, the one with tls.cert in it?", text => Wrong(Full(text)), WhyNone(places.Length, readable.Length));
        return new("the one named", Full(directory), true);

        static string Full(string path) => ConfigReaders.ExpandPath(path, Environment.CurrentDirectory);
        static string Directory(EddyConfig config) => config.Values.Single(value => value.Key == ConfigKeys.LndDirectory).Value as string ?? "";
    }

    private static string WhyNone(int found, int readable) =>
        readable > 1 ? "there is more than one LND here: say which with --lnddir DIR"
        : found > 0 ? "this user may not read LND's directory: run setup as LND's user, or as a member of its group"
        : "no LND was found in the usual places: name its directory (the one with tls.cert in it) with --lnddir DIR";

    private static string? Wrong(string directory) =>
        !System.IO.Directory.Exists(directory) ? $"there is no directory {directory}, or this user may not see it"
        : !File.Exists(LndConf.Read(directory).Certificate) && !File.Exists(Path.Combine(directory, "tls.cert")) ? $"there is no tls.cert in {directory} that this user can see: it is not LND's directory, or LND never ran"
        : null;

    private async Task<LndOptions> ConnectAsync(EddyConfig before, LndPlace place, LndConf conf, CancellationToken cancellationToken)
    {
        string[] hosts = IsSet(before, ConfigKeys.LndHost) ? [before.LndHost.ToString()]
            : place.Kind == "Umbrel" ? [.. conf.Hosts, UmbrelHost]
            : [.. conf.Hosts];
        if (before.Network is { } wanted && conf.Network is { } found && wanted != found && !File.Exists(conf.AdminMacaroon(wanted)))
        {
            throw new CommandException(ExitCode.Usage, $"the LND in {place.Directory} runs on {found}, and lnd.network says {wanted}");
        }

        LndProblem? first = null;
        foreach (var host in hosts)
        {
            var lnd = new LndOptions
            {
                Host = host,
                TlsCertPath = IsSet(before, ConfigKeys.Certificate) ? before.Certificate : Existing(conf.Certificate, Path.Combine(place.Directory, "tls.cert")),
                MacaroonPath = IsSet(before, ConfigKeys.Macaroon) ? before.Macaroon : Path.Combine(Path.GetDirectoryName(options.ConfigFile)!, "eddy.macaroon"),
                Network = before.Network ?? conf.Network,
            };
            if (await LndSurvey.CheckConnectionAsync(lnd, cancellationToken) is not { } problem)
            {
                return lnd;
            }

            first ??= problem;
        }

        throw new CommandException(first!.ExitCode, first.ToString());
    }

    private static async Task<LndSurveyReport> SurveyAsync(LndOptions lnd, CancellationToken cancellationToken)
    {
        var (report, problem) = await LndSurvey.RunAsync(lnd, cancellationToken);
        return report ?? throw new CommandException(problem!.ExitCode, problem.ToString());
    }

    private void Show(LndSurveyReport survey)
    {
        var node = survey.Node;
        terminal.WriteLine($"The node is {node.Alias} ({node.Id}), LND {node.Version} on {node.Network}, with {survey.Channels.Length} channels.");
        if (survey.RequiresInterceptor)
        {
            terminal.WriteError("LND has requireinterceptor set: all its forwarding will depend on eddy. Take it out of lnd.conf.");
        }

        var proposals = TargetProposal.For(survey.Channels);
        if (proposals.IsEmpty)
        {
            return;
        }

        var table = new TextTable { Title = "Targets that are proposed, by what went over the channels so far" }.Key("channel").Column("peer").Number("target").Column("because");
        foreach (var proposal in proposals)
        {
            var channel = survey.Channels.Single(surveyed => surveyed.Channel.Id == proposal.Channel).Channel;
            table.Row(proposal.Channel.ToString(), CommandLine.Show.Node(channel.Peer.ToString(), channel.PeerAlias), CommandLine.Show.Percent(proposal.Target), proposal.Why);
        }

        table.WriteTo(terminal);
    }

    private EddyConfig Decide(EddyConfig before, LndOptions lnd, string directory, LndSurveyReport? survey)
    {
        var values = new Dictionary<ConfigKey, string>(options.Given)
        {
            [ConfigKeys.LndHost] = lnd.Host,
            [ConfigKeys.LndDirectory] = directory,
            [ConfigKeys.Certificate] = lnd.TlsCertPath,
            [ConfigKeys.Macaroon] = lnd.MacaroonPath,
        };
        if ((survey?.Node.Network ?? lnd.Network) is { Length: > 0 } network)
        {
            values[ConfigKeys.Network] = network;
        }

        if (!options.Given.ContainsKey(ConfigKeys.Mode))
        {
            var proposed = IsSet(before, ConfigKeys.Mode) && !before.IsObserving ? "active" : "observe";
            terminal.WriteLine("eddy can only watch at first (observe): it says nothing to other nodes and shows which rings it would have joined. Active, it takes part in them.");
            values[ConfigKeys.Mode] = questions.Choose("Which mode?", proposed, "observe", "active");
        }

        var (config, mistakes) = ConfigLoader.Load(before.File, _environment, values, readsFile: before.File is not null);
        return config ?? throw new CommandException(ExitCode.Usage, [.. mistakes.Select(mistake => mistake.ToString())]);
    }

    private void WriteUnit(SetupFiles files)
    {
        var unit = SystemdUnit.ForThisProgram(options.ConfigFile);
        if (options.Unit is { } named)
        {
            files.Write(named, unit.Text, "the systemd unit", isPrivate: false);
            return;
        }

        // To be asked about by root only: nobody else can put it where it belongs.
        if (questions.Answering == Answering.Ask && Environment.IsPrivilegedProcess && Directory.Exists("/run/systemd/system")
            && questions.Confirm($"Write a systemd unit to {SystemdUnit.StandardFile}, which runs eddy as {unit.User}?", proposed: false))
        {
            files.Write(SystemdUnit.StandardFile, unit.Text, "the systemd unit", isPrivate: false);
            terminal.WriteLine("Start it with: systemctl daemon-reload && systemctl enable --now eddy");
        }
    }

    private int End(EddyConfig config, bool isBaked, bool isWritten, LndConf conf)
    {
        if (conf is { Exists: true, PingTime: null })
        {
            terminal.WriteLine("Two lines in lnd.conf bound for how long a frozen program can hold up forwards: grpc.server-ping-time=5s and grpc.server-ping-timeout=2s.");
        }

        if (!isBaked)
        {
            terminal.WriteError("the macaroon is yet to be baked: run the line above, then 'eddy doctor'");
            return ExitCode.Refused;
        }

        if (!isWritten)
        {
            terminal.WriteError($"{options.ConfigFile} is as it was: --yes replaces it and keeps a copy");
            return ExitCode.Usage;
        }

        var flag = options.ConfigFile == ConfigLoader.DefaultFile ? "" : $" --config {options.ConfigFile}";
        terminal.WriteLine($"Done. 'eddy doctor{flag}' looks whether all is well, 'eddy run{flag}' starts the daemon{(config.IsObserving ? ", which only watches until mode=active" : "")}.");
        return ExitCode.Done;
    }
}
