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
    /// <summary>A terminal below this has no room for <see cref="Wide"/> columns.</summary>
    private const int WideEnough = 100;

    private readonly List<TextColumn> _columns = [];
    private readonly List<Cell[]> _rows = [];

    public string Title { get; init; } = "";

    /// <summary>Stands in its place where the table has no rows.</summary>
    public string Empty { get; init; } = "Nothing to show.";

    /// <summary>Text that may be broken into lines.</summary>
    public TextTable Column(string name) => Add(new(name));

    /// <summary>An id: never broken.</summary>
    public TextTable Key(string name) => Add(new(name) { IsWhole = true });

    /// <summary>Aligned to the right, and never broken.</summary>
    public TextTable Number(string name) => Add(new(name) { IsNumber = true, IsWhole = true });

    /// <summary>For the eye only: left out of piped output.</summary>
    public TextTable Picture(string name) => Add(new(name) { IsPicture = true, IsWhole = true });

    /// <summary>The column added last is left out where the terminal is narrow.</summary>
    public TextTable Wide()
    {
        _columns[^1] = _columns[^1] with { IsWide = true };
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
            terminal.Ansi.Write(ToRenderable(terminal.Ansi.Profile.Width));
        }
        else
        {
            WritePlain(terminal);
        }
    }

    private Table ToRenderable(int width)
    {
        // A column without a word in it only takes room.
        var shown = Enumerable.Range(0, _columns.Count)
            .Where(column => (!_columns[column].IsWide || width >= WideEnough) && _rows.Exists(row => row[column].Text.Length > 0))
            .ToArray();
        var table = new Table { Border = TableBorder.Rounded, ShowHeaders = true };
        table.BorderColor(Color.Grey);
        if (Title.Length > 0)
        {
            table.Title = new TableTitle(Markup.Escape(Title));
        }

        foreach (var column in shown.Select(column => _columns[column]))
        {
            table.AddColumn(new TableColumn($"[bold]{Markup.Escape(column.Name)}[/]")
            {
                Alignment = column.IsNumber ? Justify.Right : Justify.Left,
                NoWrap = column.IsWhole,
            });
        }

        foreach (var row in _rows)
        {
            table.AddRow(shown.Select(column => ToMarkup(row[column])));
        }

        return table;

        static Markup ToMarkup(Cell cell)
        {
            var text = Markup.Escape(Terminal.Clean(cell.Text));
            return new Markup(cell.Style is null ? text : $"[{cell.Style}]{text}[/]");
        }
    }

    private TextTable Add(TextColumn column)
    {
        _columns.Add(column);
        return this;
    }

    private void WritePlain(Terminal terminal)
    {
        var shown = Enumerable.Range(0, _columns.Count).Where(column => !_columns[column].IsPicture).ToArray();
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

    private sealed record TextColumn(string Name)
    {
        public bool IsNumber { get; init; }

        public bool IsWhole { get; init; }

        public bool IsPicture { get; init; }

        public bool IsWide { get; init; }
    }
}
