using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Eddy.CommandLine;

/// <summary>Help as the library writes it, with the list of all configuration flags where a command is about them.</summary>
internal sealed class CommandHelp(HelpAction standard, Func<Command, bool> isAboutConfiguration) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var result = standard.Invoke(parseResult);
        if (isAboutConfiguration(parseResult.CommandResult.Command))
        {
            ConfigFlags.WriteHelp(parseResult.InvocationConfiguration.Output);
        }

        return result;
    }
}
