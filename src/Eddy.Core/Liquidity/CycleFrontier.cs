using Eddy.Lightning;

namespace Eddy.Liquidity;

/// <summary>A partial cycle: the node it has come to and the step before.</summary>
internal struct Step
{
    public int Parent;
    public int Node;
    public int Depth;
    public bool IsClosed;

    /// <summary>What every edge so far offers.</summary>
    public long Most;

    /// <summary>Up to this amount at least one end so far gains.</summary>
    public long Gaining;

    /// <summary>No edge so far takes less.</summary>
    public long Least;

    /// <summary>No cycle that begins so has a larger amount, and none of that amount has fewer hops than <see cref="BestHops"/>.</summary>
    public long Best;

    public int BestHops;

    /// <summary>The neighbour of the start by which no walk from here may return; see <see cref="TurnWidths"/>.</summary>
    public int LeftBy;

    /// <summary>Of the node.</summary>
    public NodeId Id;
}

/// <summary>The open steps of a search, best first; all steps stay readable by index. Memory is kept for the next search.</summary>
internal sealed class CycleFrontier
{
    public const int None = -1;

    private Step[] _steps = new Step[256];
    private int[] _heap = new int[256];
    private int _heapCount;

    /// <summary>Steps added since the last <see cref="Clear"/>.</summary>
    public int Count { get; private set; }

    public ref readonly Step this[int index] => ref _steps[index];

    public void Clear()
    {
        Count = 0;
        _heapCount = 0;
    }

    /// <summary>Only to be read by index.</summary>
    public void Keep(in Step step)
    {
        Reserve();
        _steps[Count++] = step;
    }

    public void Add(in Step step)
    {
        Reserve();
        _steps[Count] = step;
        var child = _heapCount++;
        while (child > 0)
        {
            var parent = (child - 1) / 2;
            if (Compare(_heap[parent], Count) <= 0)
            {
                break;
            }

            _heap[child] = _heap[parent];
            child = parent;
        }

        _heap[child] = Count++;
    }

    public bool TryTake(out int index)
    {
        if (_heapCount == 0)
        {
            index = None;
            return false;
        }

        index = _heap[0];
        var last = _heap[--_heapCount];
        var hole = 0;
        while (true)
        {
            var child = (2 * hole) + 1;
            if (child >= _heapCount)
            {
                break;
            }

            if (child + 1 < _heapCount && Compare(_heap[child + 1], _heap[child]) < 0)
            {
                child++;
            }

            if (Compare(last, _heap[child]) <= 0)
            {
                break;
            }

            _heap[hole] = _heap[child];
            hole = child;
        }

        _heap[hole] = last;
        return true;
    }

    /// <summary>True where the way to <paramref name="index"/> goes through <paramref name="node"/>.</summary>
    public bool Visits(int index, int node)
    {
        for (var at = index; at != None; at = _steps[at].Parent)
        {
            if (_steps[at].Node == node)
            {
                return true;
            }
        }

        return false;
    }

    public bool IsBefore(int left, int right) => Compare(left, right) < 0;

    private void Reserve()
    {
        if (Count == _steps.Length)
        {
            Array.Resize(ref _steps, Count * 2);
            Array.Resize(ref _heap, Count * 2);
        }
    }

    private int Compare(int left, int right)
    {
        ref readonly var a = ref _steps[left];
        ref readonly var b = ref _steps[right];
        var order = b.Best.CompareTo(a.Best);
        if (order == 0)
        {
            order = a.BestHops.CompareTo(b.BestHops);
        }

        return order == 0 ? ComparePaths(left, right) : order;
    }

    /// <summary>By node ids from the start on; a way that goes on from another comes after it.</summary>
    private int ComparePaths(int left, int right)
    {
        var isLonger = _steps[left].Depth.CompareTo(_steps[right].Depth);
        while (_steps[left].Depth > _steps[right].Depth)
        {
            left = _steps[left].Parent;
        }

        while (_steps[right].Depth > _steps[left].Depth)
        {
            right = _steps[right].Parent;
        }

        var order = isLonger;
        while (left != right)
        {
            var here = _steps[left].Id.CompareTo(_steps[right].Id);
            order = here == 0 ? order : here;
            left = _steps[left].Parent;
            right = _steps[right].Parent;
        }

        return order;
    }
}
