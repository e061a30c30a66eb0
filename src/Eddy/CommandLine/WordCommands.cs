using System.CommandLine;
using System.Globalization;
using Eddy.Api;
using Eddy.Configuration;

namespace Eddy.CommandLine;

/// <summary><c>eddy allow</c>, <c>deny</c>, <c>mute</c>, <c>unmute</c>, <c>forget</c>: the owner's word on one node.</summary>
internal static class WordCommands
{
    public static void AddTo(EddyCommands commands, Command root)
    {
        Add(commands, root, "allow", "Rings with a node are welcome, whatever the configuration says", hasTime: true);
        Add(commands, root, "deny", "No ring with a node, and its adverts are not kept", hasTime: true);
        Add(commands, root, "mute", "Look at nothing that a peer sends", hasTime: true);
        Add(commands, root, "unmute", "Listen to a peer again", hasTime: false);
        Add(commands, root, "forget", "Forget what was said of a node, and what is held against it", hasTime: false);
    }

    private static void Add(EddyCommands commands, Command root, string word, string description, bool hasTime)
    {
        var peer = new Argument<string>("PEER") { Description = "Its public key, or the first digits of a peer's" };
        peer.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !QueryCommands.IsKey(token.Value))
            {
                result.AddError($"'{token.Value}' is not a public key");
            }
        });
        var length = new Option<TimeSpan?>("--for")
        {
            Description = "How long, like 24h; until it is taken back where this is left out",
            HelpName = "TIME",
            CustomParser = static result =>
            {
                var text = result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";
                if (ConfigReaders.TryDuration(text.EndsWith('d') ? $"{Hours(text)}h" : text, out var span) && span >= TimeSpan.FromSeconds(1))
                {
                    return span;
                }

                result.AddError($"--for takes a time like 30m, 24h or 7d, not '{text}'");
                return null;
            },
        };
        var command = new Command(word, description) { peer };
        if (hasTime)
        {
            command.Options.Add(length);
        }

        commands.AddQuery(root, command, async (parse, daemon, output, cancellationToken) =>
        {
            var seconds = hasTime && parse.GetValue(length) is { } span ? (long?)span.TotalSeconds : null;
            using var body = JsonContent.Create(new WordRequest(word, seconds), ApiJson.Default.WordRequest);
            return OperatorCommands.Answer(output, await daemon.PostAsync($"v1/peers/{Uri.EscapeDataString(parse.GetRequiredValue(peer))}/word", body, cancellationToken));
        });
    }

    private static string Hours(string days) =>
        int.TryParse(days.AsSpan(0, days.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= 3_650
            ? (24 * count).ToString(CultureInfo.InvariantCulture)
            : "no number";
}
