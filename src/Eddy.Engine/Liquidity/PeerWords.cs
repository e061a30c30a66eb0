using Eddy.Engine.Storage;
using Eddy.Engine.Views;
using Eddy.Lightning;

namespace Eddy.Engine.Liquidity;

/// <summary>
/// What the owner has said of single nodes while the engine ran. It counts before the configuration, until it ends or is taken back; saved
/// with the step that changes it, beside the back-offs, where an earlier version passes over it.
/// </summary>
internal sealed class PeerWords(EngineContext context)
{
    private const string AllowPrefix = "allow";
    private const string DenyPrefix = "deny";

    private readonly SortedDictionary<NodeId, PeerWordView> _words = [];

    /// <summary>Those that hold now, by node.</summary>
    public IEnumerable<PeerWordView> All => _words.Values.Where(word => word.Until > context.Now);

    public void Load(IEnumerable<BackOffRecord> records)
    {
        foreach (var record in records)
        {
            if (record.Key.Split(':') is [AllowPrefix or DenyPrefix, var id] parts && NodeId.TryParse(id, out var node))
            {
                _words[node] = new(node, parts[0] == AllowPrefix ? PeerWord.Allow : PeerWord.Deny, record.Until);
            }
        }
    }

    public PeerWordView? Find(NodeId node) => _words.GetValueOrDefault(node) is { } word && word.Until > context.Now ? word : null;

    public void Say(NodeId node, PeerWord word, DateTimeOffset until)
    {
        Forget(node);
        _words[node] = new(node, word, until);
        var key = Key(node, word);
        context.Batch.BackOffs[key] = new BackOffRecord(key, until, 1);
    }

    /// <returns>Whether there was anything to forget.</returns>
    public bool Forget(NodeId node)
    {
        if (!_words.Remove(node, out var word))
        {
            return false;
        }

        context.Batch.BackOffs[Key(node, word.Word)] = null;
        return true;
    }

    /// <returns>Whether a word has ended.</returns>
    public bool Prune()
    {
        var ended = _words.Values.Where(word => word.Until <= context.Now).Select(static word => word.Node).ToArray();
        foreach (var node in ended)
        {
            Forget(node);
        }

        return ended.Length > 0;
    }

    private static string Key(NodeId node, PeerWord word) => $"{(word == PeerWord.Allow ? AllowPrefix : DenyPrefix)}:{node}";
}
