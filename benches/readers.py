#!/usr/bin/env python3
"""What the lists of many readers cost: `rank --all` with one worker and with two, seconds and bytes a reader.

    benches/readers.py PROGRAM FOLDER FILES… [--readers 10000] [--ratings 30] [--store postgres://…]

Imports the files into a library in FOLDER, makes readers there who each rate papers around three of them by a rule (the
same every time), carries it to `--store` if one is named, and times `rank --all`: one worker for the first time, two at
once after a rating of everybody has changed. Each worker has one thread, as if it had a machine of its own.
"""
import argparse
import json
import os
import random
import sqlite3
import subprocess
import time


def run(options, *words, wait=True):
    environment = dict(os.environ, RAYON_NUM_THREADS="1", PAPERPICK_LIBRARY=options.folder, HOME=options.folder)
    if options.store:
        environment["PAPERPICK_STORE"] = options.store
    command = [os.path.abspath(options.program), *words, "--json", "--quiet"]
    started = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    return json.loads(started.communicate()[0]) if wait else started


def fill(options):
    random.seed(1)
    db = sqlite3.connect(os.path.join(options.folder, "library.sqlite"))
    papers = [row[0] for row in db.execute("SELECT id FROM papers ORDER BY row")]
    db.execute("DELETE FROM ratings")
    db.execute("DELETE FROM accounts")
    for reader in range(1, options.readers + 1):
        role = "owner" if reader == 1 else "member"
        db.execute("INSERT INTO accounts VALUES (?, ?, '', '2025-01-01T00:00:00Z', ?)", (reader, f"reader{reader}", role))
        # Papers that stand near each other came on one day, often of one category: interests of a kind.
        begins = [random.randrange(len(papers) - 400) for _ in range(3)]
        for n in range(options.ratings):
            paper = papers[begins[n % 3] + random.randrange(400)]
            rating = -1 if n % 5 == 4 else 1
            values = (reader, paper, rating, f"2025-12-{1 + n % 28:02}T00:00:00Z")
            db.execute("INSERT OR REPLACE INTO ratings VALUES (?, ?, ?, ?)", values)
    db.commit()


def touch(options):
    """A rating of everybody is given again."""
    sql = "UPDATE {}ratings SET at = '2025-12-30T00:00:00Z' WHERE id = (SELECT max(id) FROM {}ratings r WHERE r.reader = {}ratings.reader)"
    if options.store:
        schema = options.store.split("schema=")[1] + "."
        subprocess.run([options.psql, options.store.split("?")[0], "-qc", sql.format(schema, schema, schema)], check=True)
    else:
        db = sqlite3.connect(os.path.join(options.folder, "library.sqlite"))
        db.execute(sql.format("", "", ""))
        db.commit()


def work(options, n_workers):
    began = time.monotonic()
    workers = [run(options, "rank", "--all", wait=False) for _ in range(n_workers)]
    said = [json.loads(worker.communicate()[0]) for worker in workers]
    seconds = time.monotonic() - began
    made = sum(one["made"] for one in said)
    size = sum(one["bytes"] for one in said) // max(made, 1)
    print(f"{n_workers} workers: {made} lists in {seconds:.1f} s, {1000 * seconds / max(made, 1):.1f} ms and {size} bytes each", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("program")
    arguments.add_argument("folder")
    arguments.add_argument("files", nargs="*")
    arguments.add_argument("--readers", type=int, default=10_000)
    arguments.add_argument("--ratings", type=int, default=30)
    arguments.add_argument("--store")
    arguments.add_argument("--psql", default="psql")
    options = arguments.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    store, options.store = options.store, None
    if options.files:
        print("import:", run(options, "import", *options.files)["added"], "papers added", flush=True)
    fill(options)
    if store:
        began = time.monotonic()
        moved = run(options, "migrate", "--to", store)
        rows = sum(table["rows"] for table in moved["tables"])
        print(f"migrate: {rows} rows in {time.monotonic() - began:.1f} s", flush=True)
        options.store = store
    work(options, 1)
    touch(options)
    work(options, 2)


main()
