using System.Globalization;
using System.Text;

namespace Eddy.Help;

/// <summary>
/// Completion for shells, written out from the command tree: asking the program at every press of the key would start .NET each time, which
/// takes a second on a small machine.
/// </summary>
internal static class CompletionScripts
{
    public static string Bash(CommandEntry root)
    {
        var text = new StringBuilder($$"""
            # Completion of eddy's commands for bash: source it, or save it as /usr/share/bash-completion/completions/eddy.
            _eddy() {
              local cur prev at words value i
              COMPREPLY=()
              cur=${COMP_WORDS[COMP_CWORD]}
              prev=${COMP_WORDS[COMP_CWORD-1]}
              at=eddy
              for ((i = 1; i < COMP_CWORD; i++)); do
                case "$at ${COMP_WORDS[i]}" in
                  {{string.Join('|', root.All.Skip(1).Select(command => $"'{command.Path}'"))}}) at="$at ${COMP_WORDS[i]}" ;;
                esac
              done
              value=none
              case "$prev" in

            """.ReplaceLineEndings("\n"));
        foreach (var option in Valued(root))
        {
            var value = option.Value!.IsPath ? "value=path" : $"value=words words='{string.Join(' ', option.Value.Words)}'";
            text.Append(CultureInfo.InvariantCulture, $"    {string.Join('|', option.Names)}) {value} ;;\n");
        }

        text.Append("""
              esac
              case "$value" in
                path) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
                words) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur"); return ;;
              esac
              words=
              case "$at" in

            """.ReplaceLineEndings("\n"));
        foreach (var command in root.All)
        {
            text.Append(CultureInfo.InvariantCulture, $"    '{command.Path}') words='{string.Join(' ', WordsOf(command).Select(word => word.Word))}' ;;\n");
        }

        text.Append("""
              esac
              mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
            }
            complete -F _eddy eddy

            """.ReplaceLineEndings("\n"));
        return text.ToString();
    }

    public static string Zsh(CommandEntry root)
    {
        var text = new StringBuilder($$"""
            #compdef eddy
            # Completion of eddy's commands for zsh: save it as _eddy in a directory of $fpath, or source it after compinit.
            _eddy() {
              local at=eddy i
              local -a candidates
              for ((i = 2; i < CURRENT; i++)); do
                case "$at ${words[i]}" in
                  {{string.Join('|', root.All.Skip(1).Select(command => $"'{command.Path}'"))}}) at="$at ${words[i]}" ;;
                esac
              done
              case "${words[CURRENT-1]}" in

            """.ReplaceLineEndings("\n"));
        foreach (var option in Valued(root))
        {
            var value = option.Value!.IsPath ? "_files" : $"candidates=({string.Join(' ', option.Value.Words.Select(word => $"'{word}'"))}); _describe 'value' candidates";
            text.Append(CultureInfo.InvariantCulture, $"    {string.Join('|', option.Names)}) {value}; return ;;\n");
        }

        text.Append("  esac\n  case \"$at\" in\n");
        foreach (var command in root.All)
        {
            var candidates = WordsOf(command).Select(word => $"'{Escape(word.Word)}:{Escape(word.Description)}'");
            text.Append(CultureInfo.InvariantCulture, $"    '{command.Path}') candidates=(\n      {string.Join("\n      ", candidates)}\n    ) ;;\n");
        }

        text.Append("""
              esac
              _describe 'eddy' candidates
            }
            if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
              _eddy "$@"
            elif (( $+functions[compdef] )); then
              compdef _eddy eddy
            fi

            """.ReplaceLineEndings("\n"));
        return text.ToString();

        static string Escape(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "'\\''", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal);
    }

    public static string Fish(CommandEntry root)
    {
        var text = new StringBuilder($$"""
            # Completion of eddy's commands for fish: save it as ~/.config/fish/completions/eddy.fish.
            function __eddy_at
                set -l at eddy
                for word in (commandline -opc)[2..-1]
                    switch "$at $word"
                        case {{string.Join(' ', root.All.Skip(1).Select(command => $"'{command.Path}'"))}}
                            set at "$at $word"
                    end
                end
                test "$at" = "$argv"
            end
            complete -c eddy -e
            complete -c eddy -f

            """.ReplaceLineEndings("\n"));
        foreach (var command in root.All)
        {
            var at = $"complete -c eddy -n '__eddy_at {command.Path}'";
            foreach (var (word, description) in WordsOf(command).Where(word => !word.Word.StartsWith('-')))
            {
                text.Append(CultureInfo.InvariantCulture, $"{at} -a '{word}' -d '{Escape(description)}'\n");
            }

            foreach (var option in command.Options)
            {
                var names = string.Join(' ', option.Names.Select(name => name.StartsWith("--", StringComparison.Ordinal) ? $"-l '{name[2..]}'" : $"-s '{name[1..]}'"));
                var value = option.Value is null ? "" : option.Value.IsPath ? " -r -F" : $" -x -a '{string.Join(' ', option.Value.Words)}'";
                text.Append(CultureInfo.InvariantCulture, $"{at} {names}{value} -d '{Escape(option.Description)}'\n");
            }
        }

        return text.ToString();

        static string Escape(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal);
    }

    /// <summary>What may stand next: commands, then what the arguments are known to be, then options.</summary>
    private static IEnumerable<(string Word, string Description)> WordsOf(CommandEntry command) => command.Commands
        .Select(sub => (sub.Name, sub.Description))
        .Concat(command.ArgumentWords.Select(word => (word, command.Arguments[0])))
        .Concat(command.Options.Select(option => (option.Names[0], option.Description)));

    /// <summary>Options that take a value, each once: a name means the same in every command.</summary>
    private static IEnumerable<OptionEntry> Valued(CommandEntry root) =>
        root.All.SelectMany(command => command.Options).Where(option => option.Value is not null).DistinctBy(option => option.Names[0]);
}
