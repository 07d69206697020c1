"""What benches/embed.rs measures, with the tools that people use in Python: called by it.

    python -m venv V && V/bin/pip install model2vec
    PAPERPICK_BENCH_PYTHON=V/bin/python cargo bench --bench embed

Texts come as lines of JSON strings. One thread; seconds of a core, loading left out. model2vec runs
a table of random rows on a tokenizer made here from the texts: neither changes its speed. With
sentence-transformers installed and a model's folder in PAPERPICK_BENCH_TRANSFORMER, that is run too.
"""

import json
import os
import sys
import time

os.environ.update(OMP_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false", RAYON_NUM_THREADS="1")


def measure(name, encode, texts, times):
    encode(texts[:10])
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(times):
        encode(texts)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    n = len(texts) * times
    print(f"{name:<40} {n / cpu:>9.1f} a second of a core ({n / wall:.1f} by the clock)", flush=True)


def main():
    with open(sys.argv[1], encoding="utf-8") as lines:
        texts = [json.loads(line) for line in lines]
    try:
        import numpy
        from model2vec import StaticModel
        from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
    except ImportError:
        print("model2vec is not installed")
    else:
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer()
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer = trainers.WordPieceTrainer(vocab_size=30_000, special_tokens=["[PAD]", "[UNK]"])
        tokenizer.train_from_iterator(texts, trainer)
        rows = numpy.random.default_rng(1).standard_normal((tokenizer.get_vocab_size(), 256), dtype=numpy.float32)
        model = StaticModel(rows, tokenizer)
        measure("model2vec", lambda t: model.encode(t, use_multiprocessing=False), texts, 3)
    folder = os.environ.get("PAPERPICK_BENCH_TRANSFORMER")
    if folder:
        import torch
        from sentence_transformers import SentenceTransformer

        torch.set_num_threads(1)
        model = SentenceTransformer(folder, device="cpu")
        measure("sentence-transformers", model.encode, texts, 1)


main()
