using Eddy.Rings;

namespace Eddy.Core.Tests.Rings;

/// <summary>Draws one half of the ring machine as a mermaid state diagram, from what the machine does and not from what it should do.</summary>
public static class RingDiagram
{
    public static string Render(RingScene scene)
    {
        var reached = new List<RingState>();
        var edges = new List<Edge>();
        var waiting = new Queue<RingState>([scene.Begin.Next]);
        while (waiting.TryDequeue(out var state))
        {
            if (reached.Any(other => Id(other) == Id(state)))
            {
                continue;
            }

            reached.Add(state);
            foreach (var sample in scene.Samples)
            {
                var (next, effects) = scene.Apply(state, sample.Event);
                if (next != state || !effects.IsEmpty)
                {
                    edges.Add(new(Id(state), Id(next), sample.Label));
                    waiting.Enqueue(next);
                }
            }
        }

        return string.Join('\n', [
            "```mermaid",
            "stateDiagram-v2",
            .. reached.Where(state => Id(state) != state.Name).Select(state => $"    state \"{Id(state).Replace('_', ' ')}\" as {Id(state)}"),
            $"    [*] --> {Id(scene.Begin.Next)}",
            .. edges.GroupBy(edge => (edge.From, edge.To)).Select(group => $"    {group.Key.From} --> {group.Key.To}: {Events(group)}"),
            .. reached.Where(state => state.IsFinal).Select(state => $"    {Id(state)} --> [*]"),
            "```",
        ]);

        string Events(IEnumerable<Edge> group) => string.Join(", ", group.Select(Event).Distinct());

        // The kind alone is enough where every kind of it goes the same way.
        string Event(Edge edge)
        {
            var kind = Kind(edge.Label);
            return edges.All(other => other.From != edge.From || Kind(other.Label) != kind || other.To == edge.To) ? kind : edge.Label;
        }
    }

    private static string Kind(string label) => label.Split(' ')[0];

    private static string Id(RingState state) =>
        state is InitiatorState.Paying paying ? $"Paying_{paying.Step}" : state.Name;

    private sealed record Edge(string From, string To, string Label);
}
