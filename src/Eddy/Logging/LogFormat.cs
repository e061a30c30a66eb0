namespace Eddy.Logging;

/// <summary>How a line of the log looks.</summary>
internal enum LogFormat
{
    /// <summary>Time in UTC, level, where from, what.</summary>
    Plain = 0,

    /// <summary>One JSON object with all that the event carries.</summary>
    Json = 1,

    /// <summary>A priority in angle brackets and no time, as systemd's journal takes it from standard error.</summary>
    Journald = 2,
}
