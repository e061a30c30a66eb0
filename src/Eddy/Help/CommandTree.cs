using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Completions;

namespace Eddy.Help;

/// <summary>What can be said about a value on the command line.</summary>
/// <param name="Words">Those that are taken; empty where any may be.</param>
/// <param name="IsPath">A file or a directory is meant.</param>
internal sealed record ValueHint(ImmutableArray<string> Words, bool IsPath);

/// <param name="Names">Its name, then its aliases.</param>
/// <param name="Value">Null for one that takes none.</param>
/// <param name="ValueName">As help shows the value.</param>
internal sealed record OptionEntry(ImmutableArray<string> Names, string Description, ValueHint? Value, string ValueName);

/// <summary>One command of the tree, for whatever is generated from it.</summary>
/// <param name="Path"><c>eddy config check</c>.</param>
/// <param name="Options">Of its own, then those of its parents that hold here too.</param>
internal sealed record CommandEntry(
    string Path, string Description, ImmutableArray<OptionEntry> Options, ImmutableArray<CommandEntry> Commands, ImmutableArray<string> Arguments, ImmutableArray<string> ArgumentWords)
{
    public string Name => Path[(Path.LastIndexOf(' ') + 1)..];

    /// <summary>It and all below it, parents first.</summary>
    public IEnumerable<CommandEntry> All => Commands.SelectMany(command => command.All).Prepend(this);

    /// <param name="root">The tree of the command line.</param>
    /// <param name="showsHidden">Commands that take every key of the configuration.</param>
    public static CommandEntry Of(RootCommand root, Func<Command, bool> showsHidden) => Of(root, "eddy", [], showsHidden);

    private static CommandEntry Of(Command command, string path, ImmutableArray<Option> inherited, Func<Command, bool> showsHidden) => new(
        path,
        command.Description ?? "",
        [.. command.Options.Concat(inherited).Where(option => !option.Hidden || showsHidden(command)).Select(ToEntry)],
        [.. command.Subcommands.Where(sub => !sub.Hidden).Select(sub => Of(sub, $"{path} {sub.Name}", [.. command.Options.Concat(inherited).Where(option => option.Recursive)], showsHidden))],
        [.. command.Arguments.Select(argument => argument.Name)],
        [.. command.Arguments.SelectMany(argument => Words(argument.GetCompletions(CompletionContext.Empty)))]);

    private static OptionEntry ToEntry(Option option)
    {
        // The short forms for Windows mean nothing to the shells that are written for here.
        ImmutableArray<string> names = [option.Name, .. option.Aliases.Where(alias => alias.StartsWith('-') && alias != option.Name).Order(StringComparer.Ordinal)];
        var takesValue = option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool);
        var isPath = option.HelpName is "FILE" or "DIR" || option.Name is "--lnd.lnddir" or "--lnd.tlscert" or "--lnd.macaroon" or "--eddy.datadir";
        return new(
            names,
            option.Description ?? "",
            takesValue ? new(isPath ? [] : [.. Words(option.GetCompletions(CompletionContext.Empty))], isPath) : null,
            option.HelpName ?? "VALUE");
    }

    private static IEnumerable<string> Words(IEnumerable<CompletionItem> items) => items.Select(item => item.Label).Where(word => !word.Contains(' ', StringComparison.Ordinal));
}
