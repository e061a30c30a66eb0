using Eddy.CommandLine;
using Eddy.Guarding;

// Before the command line is read: a supervisor needs none of what that loads.
if (Supervisor.IsWanted(args, Environment.GetEnvironmentVariables()))
{
    Supervisor.TakeOver(args);
}

return await new EddyCommands(Terminal.OfProcess(), superviseProcess: () => Supervisor.TakeOver(args)).RunAsync(args);
