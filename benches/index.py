"""usearch, hnswlib and faiss on the vectors that benches/index.rs wrote.

    python -m venv venv && venv/bin/pip install numpy usearch hnswlib faiss-cpu
    venv/bin/python benches/index.py VECTORS.npy [usearch] [hnswlib] [faiss] [threads=1] [keep=FOLDER]

The last 1,000 vectors are the queries. Same rules as benches/index.rs: k = 10, one query a call on
one thread, of each query the fastest of three rounds, then median and 99th percentile; the truth
is faiss's flat index. Calls from Python cost some microseconds each, so the last column is the CPU
time of one call with all queries on one thread, divided by their number: the fairer figure.
Graphs: 16 links (32 at the bottom), 200 candidates, unit vectors, inner product. With `keep`, graphs
are written to a folder and read from there the next time, so that searches of all can be timed at once.
"""

import os
import resource
import sys
import time

import faiss
import hnswlib
import numpy
from usearch.index import Index

K = 10
WIDTHS = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384)


def timed(work):
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - wall, time.process_time() - cpu


def curve(name, truth, queries, set_width, one, many):
    """Prints a line for each width."""
    for width in WIDTHS:
        set_width(width)
        best = numpy.full(len(queries), numpy.inf)
        for _ in range(3):
            for i in range(len(queries)):
                started = time.perf_counter()
                one(queries[i : i + 1])
                best[i] = min(best[i], time.perf_counter() - started)
        batches = [timed(lambda: many(queries)) for _ in range(3)]
        hits = sum(len(set(a) & set(b)) for a, b in zip(truth.tolist(), batches[0][0].tolist()))
        median, p99 = numpy.percentile(best, [50, 99]) * 1e6
        cpu = min(batch[2] for batch in batches) / len(queries) * 1e6
        recall = hits / truth.size
        print(f"{name}, ef {width:<4} recall {recall:.4f}   median {median:8.1f} µs   p99 {p99:8.1f} µs   batch {cpu:8.1f} µs CPU", flush=True)


def built(name, folder, vectors, build, write, read):
    """Builds a graph, or reads what an earlier run has written."""
    file = folder and os.path.join(folder, name)
    if file and os.path.exists(file):
        return read(file)
    before = resident()
    index, wall, cpu = timed(build)
    n_bytes = (resident() - before) / len(vectors)
    print(f"{name}: built in {wall:.1f} s, {cpu:.1f} CPU s; about {n_bytes:.0f} bytes a vector in memory", flush=True)
    if file:
        write(index, file)
    return index


def resident():
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def main(path, *options):
    setting = dict(option.split("=") for option in options if "=" in option)
    threads, folder = int(setting.get("threads", 1)), setting.get("keep")
    wanted = [o for o in options if "=" not in o] or ["usearch", "hnswlib", "faiss"]
    every = numpy.load(path)
    vectors, queries = every[:-1000], every[-1000:]
    n, d = vectors.shape
    print(f"{n} vectors of {d} dimensions, {len(queries)} queries, k = {K}, {threads} threads to build")
    flat = faiss.IndexFlatIP(d)
    flat.add(vectors)
    truth = flat.search(queries, K)[1]
    del flat

    if "usearch" in wanted:
        def empty():
            return Index(ndim=d, metric="ip", dtype="f32", connectivity=16, expansion_add=200)

        def build():
            index = empty()
            index.add(numpy.arange(n), vectors, threads=threads)
            return index

        def read(file):
            index = empty()
            index.load(file)
            return index

        index = built("usearch", folder, vectors, build, lambda index, file: index.save(file), read)

        def set_width(width):
            index.expansion_search = width

        def search(batch):
            return index.search(batch, K, threads=1).keys.reshape(-1, K)

        curve("usearch", truth, queries, set_width, lambda q: index.search(q[0], K, threads=1), search)
        del index
    if "hnswlib" in wanted:
        def build():
            index = hnswlib.Index("ip", d)
            index.init_index(n, M=16, ef_construction=200)
            index.add_items(vectors, num_threads=threads)
            return index

        def read(file):
            index = hnswlib.Index("ip", d)
            index.load_index(file)
            return index

        index = built("hnswlib", folder, vectors, build, lambda index, file: index.save_index(file), read)

        def search(batch):
            return index.knn_query(batch, K, num_threads=1)[0]

        curve("hnswlib", truth, queries, index.set_ef, search, search)
        del index
    if "faiss" in wanted:
        def build():
            faiss.omp_set_num_threads(threads)
            index = faiss.IndexHNSWFlat(d, 16, faiss.METRIC_INNER_PRODUCT)
            index.hnsw.efConstruction = 200
            index.add(vectors)
            return index

        index = built("faiss", folder, vectors, build, faiss.write_index, faiss.read_index)
        faiss.omp_set_num_threads(1)

        def set_width(width):
            index.hnsw.efSearch = width

        def search(batch):
            return index.search(batch, K)[1]

        curve("faiss", truth, queries, set_width, search, search)


main(*sys.argv[1:])
