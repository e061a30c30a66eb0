namespace Eddy.Liquidity;

/// <summary>Which nodes can reach one another over edges of at least some amount: what is not in one such part is in no cycle.</summary>
internal static class StrongParts
{
    private const int Unseen = -1;

    /// <summary>The part of each node (Tarjan's algorithm, without recursion).</summary>
    public static int[] Of(int nodes, int[] outStart, int[] to, long[] amounts, long level)
    {
        var part = new int[nodes];
        var order = new int[nodes];
        var low = new int[nodes];
        var next = new int[nodes];
        var open = new Stack<int>();
        var way = new Stack<int>();
        Array.Fill(part, Unseen);
        Array.Fill(order, Unseen);
        var (seen, parts) = (0, 0);
        for (var root = 0; root < nodes; root++)
        {
            if (order[root] != Unseen)
            {
                continue;
            }

            Enter(root);
            while (way.TryPeek(out var node))
            {
                if (next[node] < outStart[node + 1])
                {
                    var edge = next[node]++;
                    if (amounts[edge] < level)
                    {
                        continue;
                    }

                    if (order[to[edge]] == Unseen)
                    {
                        Enter(to[edge]);
                    }
                    else if (part[to[edge]] == Unseen)
                    {
                        low[node] = Math.Min(low[node], order[to[edge]]);
                    }

                    continue;
                }

                way.Pop();
                if (way.TryPeek(out var above))
                {
                    low[above] = Math.Min(low[above], low[node]);
                }

                if (low[node] == order[node])
                {
                    int member;
                    do
                    {
                        member = open.Pop();
                        part[member] = parts;
                    }
                    while (member != node);
                    parts++;
                }
            }
        }

        return part;

        void Enter(int node)
        {
            order[node] = low[node] = seen++;
            next[node] = outStart[node];
            open.Push(node);
            way.Push(node);
        }
    }
}
