using System.Diagnostics;
using Eddy.Configuration;
using Eddy.Help;
using Eddy.Tests.Setup;

namespace Eddy.Tests.Help;

/// <summary>Help topics, the manual page, and completion in the shells that there are.</summary>
public sealed class HelpTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Every_topic_has_a_text_and_all_are_listed()
    {
        var list = await SetupSite.RunAsync("", "help");

        Assert.Equal((0, ""), (list.ExitCode, list.Error));
        foreach (var topic in HelpTopics.All)
        {
            Assert.Contains(topic.Name, list.Output, StringComparison.Ordinal);
            var text = (await SetupSite.RunAsync("", "help", topic.Name)).Output;
            Assert.True(text.Length > 300, $"'{topic.Name}' says nothing: {text}");
            Assert.StartsWith("#", text, StringComparison.Ordinal);
            Assert.DoesNotContain("](", text, StringComparison.Ordinal);
            Assert.True(topic.Heading.Length == 0 || text.Split('\n')[0].TrimStart('#').Trim() == topic.Heading);
        }
    }

    [Theory]
    [InlineData("help nonsense", "nonsense")]
    [InlineData("completion tcsh", "tcsh")]
    [InlineData("completion", "argument")]
    public async Task What_there_is_not_is_a_usage_error(string arguments, string says)
    {
        var result = await SetupSite.RunAsync("", arguments.Split(' '));

        Assert.Equal((ExitCode.Usage, ""), (result.ExitCode, result.Output));
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_manual_page_holds_every_command_and_key_and_is_clean()
    {
        var page = (await SetupSite.RunAsync("", "man")).Output;

        Assert.All(ConfigKeys.All, key => Assert.Contains($"\n.B {key.Flag.Replace("-", "\\-", StringComparison.Ordinal)}\n", page, StringComparison.Ordinal));
        Assert.Contains("\n.B rings show ID\n", page, StringComparison.Ordinal);
        Assert.Contains("\n.B \\-\\-wait SECONDS\n", page, StringComparison.Ordinal);
        var operations = await File.ReadAllTextAsync(Repository.PathOf("docs", "operations.md"));
        Assert.All(ManPage.Codes, code => Assert.Contains($"| {code.Code} | {code.Meaning} |", operations, StringComparison.Ordinal));

        Assert.SkipUnless(File.Exists("/usr/bin/groff"), "There is no groff here.");
        var groff = await RunAsync("groff", ["-man", "-Tutf8", "-ww", "-z", _directory.Write("eddy.1", page)]);
        Assert.Equal((0, ""), (groff.ExitCode, groff.Error));
    }

    [Theory]
    [InlineData("", "run setup doctor config completion")]
    [InlineData("con", "config")]
    [InlineData("config che", "check")]
    [InlineData("rings show --js", "--json")]
    [InlineData("propose --wa", "--wait")]
    [InlineData("setup --mode ob", "observe")]
    [InlineData("completion zs", "zsh")]
    [InlineData("help exit", "exit-codes")]
    [InlineData("run --rings.maxl", "--rings.maxlength")]
    public async Task Bash_completes(string line, string words)
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "There is no bash here.");
        await WriteAsync("bash");
        string[] typed = ["eddy", .. line.Split(' ')];
        var script = $"source ./eddy.bash; COMP_WORDS=({string.Join(' ', typed.Select(word => $"'{word}'"))}); COMP_CWORD={typed.Length - 1}; _eddy; printf '%s\\n' \"${{COMPREPLY[@]}}\"";

        AssertOffers(words, line, await RunAsync("/bin/bash", ["--norc", "-c", script]));
    }

    [Theory]
    [InlineData("", "run setup doctor config completion")]
    [InlineData("config ", "check")]
    [InlineData("rings show ", "--json")]
    [InlineData("setup --mode ", "observe")]
    [InlineData("setup --lnddir ", "FILES")]
    public async Task Zsh_completes(string line, string words)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/zsh"), "There is no zsh here.");
        await WriteAsync("zsh");

        // What zsh's own functions would be given: they show it and pick from it.
        string[] typed = ["eddy", .. line.Split(' ', StringSplitOptions.RemoveEmptyEntries), ""];
        var script = $"_files() {{ print FILES }}; _describe() {{ print -l -- ${{(P)2}} }}; compdef() {{ }}; source ./eddy.zsh; words=({string.Join(' ', typed.Select(word => $"'{word}'"))}); CURRENT={typed.Length}; _eddy";
        var result = await RunAsync("/usr/bin/zsh", ["-f", "-c", script]);

        AssertOffers(words, "", result with { Output = string.Join('\n', result.Output.Split('\n').Select(candidate => candidate.Split(':')[0])) });
    }

    [Theory]
    [InlineData("", "run setup doctor config completion")]
    [InlineData("config che", "check")]
    [InlineData("rings show --js", "--json")]
    [InlineData("setup --mode ob", "observe")]
    [InlineData("help exit", "exit-codes")]
    public async Task Fish_completes(string line, string words)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/fish"), "There is no fish here.");
        await WriteAsync("fish");
        var result = await RunAsync("/usr/bin/fish", ["--no-config", "-c", $"source ./eddy.fish; complete -C 'eddy {line}'"]);

        AssertOffers(words, line, result with { Output = string.Join('\n', result.Output.Split('\n').Select(candidate => candidate.Split('\t')[0])) });
    }

    private static void AssertOffers(string words, string line, ProcessResult result)
    {
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        var offered = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(words.Split(' '), word => Assert.Contains(word, offered));
        var begun = line.Split(' ')[^1];
        Assert.All(offered, word => Assert.StartsWith(begun, word, StringComparison.Ordinal));
    }

    private async Task WriteAsync(string shell) => _directory.Write($"eddy.{shell}", (await SetupSite.RunAsync("", "completion", shell)).Output);

    private async Task<ProcessResult> RunAsync(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _directory.Path };
        start.Environment["HOME"] = _directory.Path;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new(process.ExitCode, output, await error);
    }
}
