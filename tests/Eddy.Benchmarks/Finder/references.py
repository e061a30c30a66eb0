"""Searches for rings with networkx and igraph: python3 references.py ARCS, where each line of ARCS is 'from to amount'."""
import random
import statistics
import sys
import time

SEED = 7
NODES = 40


def measure(name, search, nodes):
    times, found = [], 0
    for node in nodes:
        begin = time.perf_counter()
        found += 1 if search(node) else 0
        times.append((time.perf_counter() - begin) * 1e6)
    times.sort()
    print(f"| {name} | {statistics.median(times):.0f} µs | {times[int(len(times) * 0.95)]:.0f} µs | {found} of {len(nodes)} |", flush=True)


def main(path):
    arcs = [tuple(map(int, line.split())) for line in open(path, encoding="ascii")]
    size = 1 + max(max(a, b) for a, b, _ in arcs)
    out = [[] for _ in range(size)]
    into = [[] for _ in range(size)]
    for a, b, amount in arcs:
        out[a].append((b, amount))
        into[b].append((a, amount))
    able = [node for node in range(size) if out[node] and into[node]]
    nodes = random.Random(SEED).sample(able, min(NODES, len(able)))
    print("| reference, one thread | median | p95 | found |\n| --- | --- | --- | --- |")
    try:
        import networkx
    except ImportError:
        print("networkx is not installed (python3-networkx): left out.")
    else:
        graph = networkx.DiGraph()
        graph.add_weighted_edges_from(arcs)

        def paths(node, most):
            best = 0
            for path in networkx.all_simple_paths(graph, node, {a for a, _ in into[node]}, cutoff=most - 1):
                if len(path) > 2:
                    hops = zip(path, path[1:] + [node])
                    best = max(best, min(graph[a][b]["weight"] for a, b in hops))
            return best

        def shortest(node):
            lengths = networkx.single_source_shortest_path_length(graph, node)
            return min((lengths[a] + 1 for a, _ in into[node] if a in lengths), default=0)

        measure(f"networkx {networkx.__version__}, widest of all_simple_paths, 3 hops", lambda node: paths(node, 3), nodes)
        measure("networkx, widest of all_simple_paths, 4 hops", lambda node: paths(node, 4), nodes)
        measure("networkx, shortest ring by breadth-first search, any length, any amount", shortest, nodes)
    try:
        import igraph
    except ImportError:
        print("igraph is not installed (python3-igraph): left out.")
    else:
        whole = igraph.Graph(n=size, edges=[(a, b) for a, b, _ in arcs], directed=True)
        amounts = {(a, b): amount for a, b, amount in arcs}

        def simple(node, most):
            best = 0
            for path in whole.get_all_simple_paths(node, [a for a, _ in into[node]], cutoff=most - 1):
                if len(path) > 2:
                    hops = zip(path, path[1:] + [node])
                    best = max(best, min(amounts[hop] for hop in hops))
            return best

        def distance(node):
            return min(whole.distances(source=[b for b, _ in out[node]], target=[node])) != [float("inf")]

        measure(f"igraph {igraph.__version__}, widest of get_all_simple_paths, 3 hops", lambda node: simple(node, 3), nodes)
        measure("igraph, widest of get_all_simple_paths, 4 hops", lambda node: simple(node, 4), nodes)
        measure("igraph, shortest ring by distances(), any length, any amount", distance, nodes)


main(sys.argv[1])
