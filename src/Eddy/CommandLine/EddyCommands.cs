using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Eddy.Api;
using Eddy.Configuration;
using Eddy.Hosting;
using Grpc.Core;

namespace Eddy.CommandLine;

/// <summary>The tree of commands, and what is common to all of them: usage errors, exit codes, <c>--json</c>.</summary>
internal sealed class EddyCommands
{
    private readonly Terminal _terminal;
    private readonly ConfigFlags _flags = new();
    private readonly RootCommand _root;
    private readonly Func<DaemonOptions, DaemonOptions> _adjust;
    private HangUp? _hangUp;

    /// <param name="terminal">Where commands write.</param>
    /// <param name="adjust">For another host of the same daemon: has the last word on what <c>run</c> starts.</param>
    /// <param name="superviseProcess">For <c>eddy run</c> in a process of its own: makes that process the daemon's supervisor.</param>
    public EddyCommands(Terminal terminal, Func<DaemonOptions, DaemonOptions>? adjust = null, Action? superviseProcess = null)
    {
        _terminal = terminal;
        _adjust = adjust ?? (static options => options);
        _root = new RootCommand("Eddy keeps the channels of an LND node balanced, for free: it finds rings of nodes that all want liquidity moved the same way round.");
        _flags.AddTo(_root);
        _root.Options.OfType<VersionOption>().Single().Action = new VersionAction(terminal);
        AddCommands(superviseProcess);
        var help = _root.Options.OfType<HelpOption>().Single();
        help.Action = new CommandHelp((HelpAction)help.Action!, TakesConfiguration);
    }

    /// <summary>Runs one command line and returns the process's exit code.</summary>
    public async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        var parse = _root.Parse(arguments);
        if (parse.Action is VersionAction or CommandHelp)
        {
            return await GuardAsync(
                parse,
                (_, cancellationToken) => parse.InvokeAsync(
                    new InvocationConfiguration { Output = _terminal.Output, Error = _terminal.Error, EnableDefaultExceptionHandler = false }, cancellationToken),
                CancellationToken.None);
        }

        if (parse.Errors.Count > 0 || parse.CommandResult.Command.Action is null)
        {
            return WriteUsageError(parse);
        }

        // The parser's library takes care of SIGTERM and SIGINT; a terminal that is closed means the same.
        using var hangUp = new HangUp();
        _hangUp = hangUp;
        var invocation = new InvocationConfiguration
        {
            Output = _terminal.Output,
            Error = _terminal.Error,
            EnableDefaultExceptionHandler = false,

            // A daemon that is told to stop lets its rings end first, for stoptimeout at most, and its HTLCs go.
            ProcessTerminationTimeout = TimeSpan.FromMinutes(6),
        };
        return await parse.InvokeAsync(invocation, hangUp.Closed);
    }

    /// <summary>A command that looks at the configuration only.</summary>
    public Command Add(Command parent, Command command, Func<ParseResult, CancellationToken, Task<int>> action)
    {
        command.SetAction((parse, cancellationToken) => GuardAsync(parse, action, cancellationToken));
        parent.Subcommands.Add(command);
        return command;
    }

    /// <summary>A command that asks the running daemon.</summary>
    public Command AddQuery(Command parent, Command command, Func<ParseResult, DaemonClient, Output, CancellationToken, Task<int>> action)
    {
        var json = AddJson(command);
        return Add(parent, command, async (parse, cancellationToken) =>
        {
            using var daemon = DaemonClient.Open(_flags.Load(parse));
            return await action(parse, daemon, new(_terminal, parse.GetValue(json)), cancellationToken);
        });
    }

    public static Option<bool> AddJson(Command command)
    {
        var json = new Option<bool>("--json") { Description = "One JSON document on standard output and nothing else" };
        command.Options.Add(json);
        return json;
    }

    private static bool TakesConfiguration(Command command) => command.Name is "run" || command.Parents.Any(parent => parent.Name == "config");

    private void AddCommands(Action? superviseProcess)
    {
        Demo.DemoCommand.AddTo(this, _root, _flags, _terminal);
        Simulate.SimulateCommand.AddTo(this, _root, _terminal);
        Setup.SetupCommand.AddTo(this, _root, _flags, _terminal);
        Doctor.DoctorCommand.AddTo(this, _root, _flags, _terminal);
        RunCommand.AddTo(this, _root, _flags, _terminal, _adjust, superviseProcess, reload => _hangUp!.Reload = reload);
        QueryCommands.AddTo(this, _root);
        OperatorCommands.AddTo(this, _root);
        LogLevelCommand.AddTo(this, _root);
        DashboardCommand.AddTo(this, _root);
        WordCommands.AddTo(this, _root);
        LedgerCommand.AddTo(this, _root);
        ConfigCommands.AddTo(this, _root, _flags, _terminal);
        ReloadCommand.AddTo(this, _root.Subcommands.Single(static command => command.Name == "config"));
        StoreCommands.AddTo(this, _root, _flags, _terminal);
        MacaroonCommand.AddTo(this, _root, _flags, _terminal);
        Help.HelpCommands.AddTo(this, _root, _terminal, command => TakesConfiguration(command) || command.Name is "setup");
    }

    private async Task<int> GuardAsync(
        ParseResult parse, Func<ParseResult, CancellationToken, Task<int>> action, CancellationToken cancellationToken)
    {
        try
        {
            return await action(parse, cancellationToken);
        }
        catch (CommandException e)
        {
            return WriteErrors(parse, e.ExitCode, e.Lines);
        }
        catch (StartException e)
        {
            return WriteErrors(parse, e.ExitCode, e.Lines);
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested && e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
        {
            return WriteErrors(parse, ExitCode.Failed, ["stopped"]);
        }
        catch (IOException e)
        {
            // Most likely our own output: a full disk or a pipe that nobody reads.
            return WriteErrors(parse, ExitCode.Failed, [$"Reading or writing failed: {e.Message}"]);
        }
        catch (Exception e)
        {
            return WriteErrors(parse, ExitCode.Failed, [$"This is a fault of eddy's own, please report it: {e.GetType().Name}: {e.Message}"]);
        }
    }

    private int WriteErrors(ParseResult parse, int exitCode, IReadOnlyList<string> lines)
    {
        foreach (var line in lines)
        {
            _terminal.WriteError(line);
        }

        if (parse.Tokens.Any(token => token.Value == "--json"))
        {
            try
            {
                _terminal.WriteJson(new ErrorReport(string.Join('\n', lines)), ApiJson.Default.ErrorReport);
            }
            catch (IOException)
            {
                // Standard output is gone; standard error has said why.
            }
        }

        return exitCode;
    }

    /// <summary>One line: the first thing that is wrong, what was probably meant, and where to read more.</summary>
    private int WriteUsageError(ParseResult parse)
    {
        var command = parse.CommandResult.Command;
        var path = PathOf(parse.CommandResult);
        var what = parse.UnmatchedTokens.Count > 0 ? DescribeUnknown(command, parse.UnmatchedTokens[0])
            : parse.Errors.Count > 0 && command.Action is not null ? parse.Errors[0].Message.TrimEnd('.')
            : $"say which: {string.Join(", ", command.Subcommands.Select(sub => sub.Name))}";
        return WriteErrors(parse, ExitCode.Usage, [$"{what} (see '{path} --help')"]);
    }

    private static string DescribeUnknown(Command command, string token)
    {
        var isOption = token.StartsWith('-');
        var known = isOption
            ? OptionsOf(command).Select(option => option.Name)
            : command.Subcommands.Select(sub => sub.Name);
        var kind = isOption ? "option" : command.Subcommands.Count > 0 ? "command" : "argument";
        return NearestName.LikelyOf(token.Split('=', ':')[0], known) is { } nearest
            ? $"unknown {kind} '{token}'; did you mean '{nearest}'?"
            : $"unknown {kind} '{token}'";
    }

    private static IEnumerable<Option> OptionsOf(Command command)
    {
        foreach (var option in command.Options)
        {
            yield return option;
        }

        foreach (var parent in command.Parents.OfType<Command>())
        {
            foreach (var option in OptionsOf(parent).Where(option => option.Recursive))
            {
                yield return option;
            }
        }
    }

    private static string PathOf(CommandResult result) => result.Parent is CommandResult parent
        ? $"{PathOf(parent)} {result.Command.Name}"
        : "eddy";

    private sealed class VersionAction(Terminal terminal) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            terminal.WriteLine($"eddy {BuildVersion.Number} (commit {BuildVersion.Commit})");
            return ExitCode.Done;
        }
    }
}
