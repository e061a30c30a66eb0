namespace Eddy.Simulator.Rounds;

/// <summary>
/// Payments of others, which know nothing of rings: each goes over a few channels, one after the other, wherever there is enough on the
/// sender's side; larger channels are taken more often.
/// </summary>
internal sealed class RoundTraffic
{
    private const int LongestRoute = 4;
    private const double MedianSat = 30_000;
    private const double Sigma = 1.4;
    private const long LargestSat = 5_000_000;

    private readonly SeededRandom _random;
    private readonly SortedDictionary<Eddy.Lightning.NodeId, List<RoundEnd>> _ends = [];
    private readonly List<RoundEnd> _all = [];
    private readonly List<double> _weights = [0];

    public RoundTraffic(IEnumerable<RoundPair> pairs, SeededRandom random)
    {
        _random = random;
        foreach (var end in pairs.SelectMany(static pair => new[] { pair.First, pair.Second }))
        {
            if (!_ends.TryGetValue(end.Owner.Id, out var ends))
            {
                _ends.Add(end.Owner.Id, ends = []);
            }

            ends.Add(end);
            _all.Add(end);
            _weights.Add(_weights[^1] + Capacity(end));
        }
    }

    public void Pay(int payments)
    {
        for (var payment = 0; payment < payments && _all.Count > 0; payment++)
        {
            var normal = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
            var amount = Math.Clamp((long)(MedianSat * Math.Exp(Sigma * normal)), 1, LargestSat);
            var place = _weights.BinarySearch(_random.NextDouble() * _weights[^1]);
            Walk(_all[Math.Clamp((place < 0 ? ~place : place) - 1, 0, _all.Count - 1)], amount, 1 + _random.Next(LongestRoute));
        }
    }

    private void Walk(RoundEnd end, long amount, int length)
    {
        while (length-- > 0)
        {
            RoundChannel[] able = [.. end.Pair.Channels.Where(channel => channel.LocalOf(end.IsFirst) >= amount)];
            if (able.Length == 0)
            {
                return;
            }

            end.Pair.Move(able[_random.Next(able.Length)], end.IsFirst, amount, isOfRing: false);
            var onward = _ends[end.Peer.Id];
            var back = end.Mirror;
            if (onward.Count == 1)
            {
                return;
            }

            var next = onward[_random.Next(onward.Count)];
            end = next == back ? onward[(onward.IndexOf(next) + 1) % onward.Count] : next;
        }
    }

    private static double Capacity(RoundEnd end) => end.Pair.Channels.Sum(static channel => (double)channel.Graph.CapacitySat);
}
