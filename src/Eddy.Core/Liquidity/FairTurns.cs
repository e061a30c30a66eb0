namespace Eddy.Liquidity;

/// <summary>
/// Whose turn it is among the open steps of a search, where each way on has its share of the effort: from the start, and from each step
/// again, it goes to what has cost least so far. However many steps there are behind one first hop, the others have as much.
/// </summary>
internal sealed class FairTurns
{
    private Turn[] _turns = new Turn[256];
    private int _count;

    public void Clear() => _count = 0;

    /// <summary>The step to expand next; <see cref="CycleFrontier.None"/> for none. Among equals the one that promises more.</summary>
    /// <param name="looks">How many steps were compared for it.</param>
    public int Next(CycleFrontier steps, out int looks)
    {
        looks = 0;
        var at = 0;
        Reach(1);
        if (_turns[at].IsDone)
        {
            return CycleFrontier.None;
        }

        while (_turns[at].Open > 0)
        {
            var (first, end) = (_turns[at].First, _turns[at].End);
            looks += end - first;
            at = CycleFrontier.None;
            for (var step = first; step < end; step++)
            {
                if (!_turns[step].IsDone && (at == CycleFrontier.None || IsBefore(steps, step, at)))
                {
                    at = step;
                }
            }
        }

        return at;
    }

    /// <summary>What became of a step: the steps after it, and what it cost to find them.</summary>
    public void Expanded(CycleFrontier steps, int index, int first, int cost)
    {
        Reach(steps.Count);
        (_turns[index].First, _turns[index].End, _turns[index].Open) = (first, steps.Count, steps.Count - first);
        var isDone = first == steps.Count;
        for (var at = index; at != CycleFrontier.None; at = steps[at].Parent)
        {
            _turns[at].Cost += cost;
            if (isDone)
            {
                _turns[at].IsDone = true;
                var parent = steps[at].Parent;
                isDone = parent != CycleFrontier.None && --_turns[parent].Open == 0;
            }
        }
    }

    private bool IsBefore(CycleFrontier steps, int left, int right)
    {
        var order = _turns[left].Cost.CompareTo(_turns[right].Cost);
        return order < 0 || (order == 0 && steps.IsBefore(left, right));
    }

    private void Reach(int count)
    {
        if (_turns.Length < count)
        {
            Array.Resize(ref _turns, Math.Max(count, _turns.Length * 2));
        }

        if (_count < count)
        {
            Array.Clear(_turns, _count, count - _count);
            _count = count;
        }
    }

    /// <summary>The steps after one lie side by side.</summary>
    private struct Turn
    {
        public int First;
        public int End;

        /// <summary>How many of them are not done.</summary>
        public int Open;

        /// <summary>Edges looked at from here on.</summary>
        public long Cost;

        public bool IsDone;
    }
}
