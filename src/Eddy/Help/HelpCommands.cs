using System.CommandLine;
using Eddy.CommandLine;

namespace Eddy.Help;

/// <summary><c>eddy help</c>, <c>eddy completion</c> and <c>eddy man</c>.</summary>
internal static class HelpCommands
{
    /// <param name="showsAllFlags">Whether a command's completion offers every key of the configuration.</param>
    public static void AddTo(EddyCommands commands, RootCommand root, Terminal terminal, Func<Command, bool> showsAllFlags)
    {
        AddTopics(commands, root, terminal);
        var shells = new Dictionary<string, Func<CommandEntry, string>>
        {
            ["bash"] = CompletionScripts.Bash,
            ["zsh"] = CompletionScripts.Zsh,
            ["fish"] = CompletionScripts.Fish,
        };
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong([.. shells.Keys]);
        commands.Add(root, new("completion", "Print the completion script for a shell: source <(eddy completion bash)") { shell }, (parse, _) =>
        {
            terminal.WriteText(shells[parse.GetRequiredValue(shell)](CommandEntry.Of(root, showsAllFlags)));
            return Task.FromResult(ExitCode.Done);
        });
        commands.Add(root, new("man", "Print the manual page: eddy man | man -l -"), (_, _) =>
        {
            terminal.WriteText(ManPage.Write(CommandEntry.Of(root, static _ => false)));
            return Task.FromResult(ExitCode.Done);
        });
    }

    private static void AddTopics(EddyCommands commands, RootCommand root, Terminal terminal)
    {
        var topic = new Argument<string?>("TOPIC") { Description = "One of those that 'eddy help' lists", Arity = ArgumentArity.ZeroOrOne };
        topic.AcceptOnlyFromAmong([.. HelpTopics.All.Select(known => known.Name)]);
        commands.Add(root, new("help", "Read about a topic; without one, list them") { topic }, (parse, _) =>
        {
            if (parse.GetValue(topic) is { } name)
            {
                terminal.WriteText(HelpTopics.Read(HelpTopics.All.Single(known => known.Name == name)));
                return Task.FromResult(ExitCode.Done);
            }

            var table = new TextTable().Key("topic").Column("about");
            foreach (var known in HelpTopics.All)
            {
                table.Row(known.Name, known.Summary);
            }

            table.WriteTo(terminal);
            terminal.WriteLine("'eddy help TOPIC' shows one, 'eddy --help' the commands, 'eddy COMMAND --help' one of those.");
            return Task.FromResult(ExitCode.Done);
        });
    }
}
