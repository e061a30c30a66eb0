using Spectre.Console;

namespace Eddy.CommandLine;

/// <param name="Text">As a terminal shows it.</param>
/// <param name="Full">As it stands in piped output, where it is not shortened.</param>
/// <param name="Style">A Spectre style, like <c>green</c>.</param>
internal sealed record Cell(string Text, string? Full = null, string? Style = null)
{
    public static implicit operator Cell(string text) => new(text);

    public static Cell FromString(string text) => new(text);
}

/// <summary>A table for both kinds of output.</summary>
internal sealed class TextTable
{
    private readonly List<(string Name, bool IsNumber, bool IsPictureOnly)> _columns = [];
    private readonly List<Cell[]> _rows = [];

    public string Title { get; init; } = "";

    /// <summary>Stands in its place where the table has no rows.</summary>
    public string Empty { get; init; } = "Nothing to show.";

    public TextTable Column(string name)
    {
        _columns.Add((name, false, false));
        return this;
    }

    /// <summary>Aligned to the right.</summary>
    public TextTable Number(string name)
    {
        _columns.Add((name, true, false));
        return this;
    }

    /// <summary>For the eye only: left out of piped output.</summary>
    public TextTable Picture(string name)
    {
        _columns.Add((name, false, true));
        return this;
    }

    public void Row(params Cell[] cells) => _rows.Add(cells);

    public void WriteTo(Terminal terminal)
    {
        if (_rows.Count == 0)
        {
            terminal.WriteLine(Empty);
        }
        else if (terminal.IsInteractive)
        {
            terminal.Ansi.Write(ToRenderable());
        }
        else
        {
            WritePlain(terminal);
        }
    }

    public Table ToRenderable()
    {
        var table = new Table { Border = TableBorder.Rounded, ShowHeaders = true };
        table.BorderColor(Color.Grey);
        if (Title.Length > 0)
        {
            table.Title = new TableTitle(Markup.Escape(Title));
        }

        foreach (var (name, isNumber, _) in _columns)
        {
            table.AddColumn(new TableColumn($"[bold]{Markup.Escape(name)}[/]") { Alignment = isNumber ? Justify.Right : Justify.Left, NoWrap = isNumber });
        }

        foreach (var row in _rows)
        {
            table.AddRow(row.Select(ToMarkup));
        }

        return table;

        static Markup ToMarkup(Cell cell)
        {
            var text = Markup.Escape(Terminal.Clean(cell.Text));
            return new Markup(cell.Style is null ? text : $"[{cell.Style}]{text}[/]");
        }
    }

    private void WritePlain(Terminal terminal)
    {
        var shown = Enumerable.Range(0, _columns.Count).Where(column => !_columns[column].IsPictureOnly).ToArray();
        var lines = _rows.Select(row => shown.Select(column => Terminal.Clean(row[column].Full ?? row[column].Text)).ToArray())
            .Prepend([.. shown.Select(column => _columns[column].Name.ToUpperInvariant())])
            .ToArray();
        var widths = Enumerable.Range(0, shown.Length).Select(column => lines.Max(line => line[column].Length)).ToArray();
        if (Title.Length > 0)
        {
            terminal.WriteLine(Title);
        }

        foreach (var line in lines)
        {
            var cells = line.Select((text, column) => _columns[shown[column]].IsNumber ? text.PadLeft(widths[column]) : text.PadRight(widths[column]));
            terminal.WriteLine(string.Join("  ", cells).TrimEnd());
        }
    }
}
