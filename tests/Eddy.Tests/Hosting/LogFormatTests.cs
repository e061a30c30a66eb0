using System.Text.Json;
using Eddy.Hosting;
using Eddy.Logging;
using Microsoft.Extensions.Logging;

namespace Eddy.Tests.Hosting;

public sealed partial class LogFormatTests
{
    [Fact]
    public void Json_is_one_object_per_line_with_the_events_own_fields()
    {
        using var output = new StringWriter();
        using var provider = new LineLoggerProvider(output, new LogLevels(LogLevel.Information), LogFormat.Json, TimeProvider.System);
        var logger = provider.CreateLogger("Eddy.Engine.EddyEngine");

        LogSample(logger, new IOException("gone\u001b[31m"), "ab12", 300_000, LogLevel.Debug, true);

        var line = Assert.Single(output.ToString().TrimEnd('\n').Split('\n'));
        using var json = JsonDocument.Parse(line);
        var root = json.RootElement;
        Assert.Equal("warn", root.GetProperty("level").GetString());
        Assert.Equal("EddyEngine", root.GetProperty("category").GetString());
        Assert.Equal("Ring ab12 of 300000 sat, Debug True, \"quoted\" line", root.GetProperty("message").GetString());
        Assert.Equal("ab12", root.GetProperty("ring").GetString());
        Assert.Equal(300_000, root.GetProperty("amount_sat").GetInt64());
        Assert.Equal("debug", root.GetProperty("level_").GetString());
        Assert.True(root.GetProperty("is_open").GetBoolean());
        Assert.Equal("gone [31m", root.GetProperty("exception").GetString());
        Assert.True(DateTimeOffset.TryParse(root.GetProperty("time").GetString(), out _));
    }

    [Theory]
    [InlineData(LogLevel.Debug, "<7>Guard: said")]
    [InlineData(LogLevel.Information, "<6>Guard: said")]
    [InlineData(LogLevel.Warning, "<4>Guard: said")]
    [InlineData(LogLevel.Error, "<3>Guard: said")]
    [InlineData(LogLevel.Critical, "<2>Guard: said")]
    public void The_journal_gets_priorities_and_no_time(LogLevel level, string line)
    {
        using var output = new StringWriter();
        using var provider = new LineLoggerProvider(output, new LogLevels(LogLevel.Trace), LogFormat.Journald, TimeProvider.System);

        provider.CreateLogger("Eddy.Guarding.Guard").Log(level, 0, "said", null, static (state, _) => state);

        Assert.Equal(line, output.ToString().TrimEnd('\n'));
    }

    [Fact]
    public void Levels_change_while_loggers_are_in_use()
    {
        using var output = new StringWriter();
        var levels = new LogLevels(LogLevel.Information);
        using var loggers = LineLoggerProvider.CreateFactory(output, levels, LogFormat.Plain);
        var engine = loggers.CreateLogger("Eddy.Engine.EddyEngine");
        var node = loggers.CreateLogger("Eddy.Lnd.LndNode");

        Assert.False(engine.IsEnabled(LogLevel.Debug));
        levels.Set("EddyEngine", LogLevel.Debug);
        Assert.True(engine.IsEnabled(LogLevel.Debug));
        Assert.False(node.IsEnabled(LogLevel.Debug));
        levels.Set(LogLevel.Error);
        Assert.False(engine.IsEnabled(LogLevel.Warning));
        Assert.True(node.IsEnabled(LogLevel.Error));
        Assert.Equal(["EddyEngine", "LndNode"], levels.Known.Order());
    }

    [LoggerMessage(Microsoft.Extensions.Logging.LogLevel.Warning, "Ring {Ring} of {AmountSat} sat, {Level} {IsOpen}, \"quoted\"\nline")]
    private static partial void LogSample(ILogger logger, Exception exception, string ring, long amountSat, object level, bool isOpen);
}
