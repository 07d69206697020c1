#!/usr/bin/env python3
"""How time and memory grow with the library, the ratings and the readers.

    cargo build --release
    python3 benches/load.py papers  target/release/paperpick FOLDER 20000 80000 320000 1280000
    python3 benches/load.py ratings target/release/paperpick FOLDER 100 1000 10000 100000
    python3 benches/load.py readers target/release/paperpick FOLDER 10 100 1000

FOLDER takes the libraries, 3.5 kB a paper. Papers are made by a rule: a title of nine terms of `data/model/terms_ko.tsv`
and an abstract of eight sentences of fifteen, from 20,000 sentences, all drawn by a generator with seed 1; a thirtieth of
them is listed on each of the last thirty days of as many years as there are 100,000 papers. The last column of a table is the
exponent of n between the two largest sizes: 1 is in proportion. Time is that of a process, memory its greatest resident
set, which counts the mapped pages of the index.
"""

import datetime
import http.client
import json
import math
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parent.parent
TERMS = [line.split("\t")[0] for line in (ROOT / "data/model/terms_ko.tsv").read_text().splitlines()]
PORT = 18790
LAST = datetime.date(2026, 6, 30)


class Papers:
    """Papers without end, the same in every run."""

    def __init__(self):
        self.random = random.Random(1)
        sentence = lambda: "We study " + " ".join(self.random.choice(TERMS) for _ in range(8)) + ". "
        self.sentences = [sentence() for _ in range(20_000)]
        self.n = 0

    def lines(self, n, n_days, last=LAST):
        """JSON lines of the next n papers, over so many days up to the last."""
        for i in range(n):
            self.n += 1
            day = last - datetime.timedelta(days=i * n_days // n)
            terms = [self.random.choice(TERMS) for _ in range(4)]
            yield json.dumps({
                "id": identifier(self.n),
                "title": " ".join(terms).capitalize(),
                "abstract": "".join(self.random.choices(self.sentences, k=8)),
                "authors": [f"Author {self.random.randrange(50_000)}" for _ in range(4)],
                "categories": [f"cs.{self.random.choice('AI CL CV LG RO'.split())}"],
                "listed": str(day),
            }) + "\n"


def identifier(n):
    month, number = divmod(n, 90_000)
    return f"{15 + month // 12}{1 + month % 12:02}.{number + 1:05}"


def run(program, *words, lines=None, ok=(0,)):
    """Seconds and megabytes of a process; its output."""
    with tempfile.TemporaryFile() as out:
        start = time.monotonic()
        child = subprocess.Popen([program, *map(str, words)], stdin=subprocess.PIPE if lines else subprocess.DEVNULL,
                                 stdout=out, stderr=subprocess.STDOUT)
        if lines:
            for line in lines:
                child.stdin.write(line.encode())
            child.stdin.close()
        _, status, usage = os.wait4(child.pid, 0)
        took = time.monotonic() - start
        out.seek(0)
        said = out.read().decode()
    if os.waitstatus_to_exitcode(status) not in ok:
        sys.exit(f"{words}: {said}")
    return took, usage.ru_maxrss / 1024, said


def table(sizes, rows):
    print("\n| | " + " | ".join(f"{n:,}" for n in sizes) + " | exponent |")
    print("|---" * (len(sizes) + 2) + "|")
    for name, cells in rows.items():
        a, b = cells[-2][0], cells[-1][0]
        grows = math.log(b / a) / math.log(sizes[-1] / sizes[-2])
        print(f"| {name} | " + " | ".join(f"{s:.2f} s, {mb:,.0f} MB" for s, mb in cells) + f" | {grows:.2f} |", flush=True)


def papers(program, folder, sizes):
    rows = {}
    made = Papers()
    for n in sizes:
        library = folder / f"papers-{n}"
        ask = lambda *words, **more: run(program, "--library", library, *words, **more)
        note = lambda name, took: rows.setdefault(name, []).append(took[:2])
        first = made.n
        note("import", ask("import", "-q", "-", lines=made.lines(n, 30 * max(1, n // 100_000))))
        ids = [identifier(first + 1 + i * (n // 20)) for i in range(20)]
        note("`similar`, first", ask("similar", ids[0]))
        note("`similar`", min(ask("similar", id) for id in ids[:5]))
        ask("like", *ids)
        note("`today`, everything new", ask("today", "--days", 1))
        note("import of 3,000", ask("import", "-q", "-", lines=made.lines(3_000, 1)))
        note("`today` of them", ask("today", "--days", 1))
        note("`today`, unchanged", min(ask("today", "--days", 1) for _ in range(3)))
        note("`today --days 365`", ask("today", "--days", 365))
        note("`search`", ask("search", "diffusion", "model", "robot"))
        print(f"{n:,}: " + ", ".join(f"{name} {cells[-1][0]:.2f} s {cells[-1][1]:.0f} MB" for name, cells in rows.items()), flush=True)
        shutil.rmtree(library)
    table(sizes, rows)


def ratings(program, folder, sizes):
    rows = {}
    n_papers = max(2 * max(sizes), 20_000)
    library = folder / "ratings"
    ask = lambda *words, **more: run(program, "--library", library, *words, **more)
    ask("import", "-q", "-", lines=Papers().lines(n_papers, 365))
    for n in sizes:
        note = lambda name, took: rows.setdefault(name, []).append(took[:2])
        note("`likes import`", ask("likes", "import", "--offline", "-q", "-", lines=(identifier(1 + i) + "\n" for i in range(n))))
        note("`today`, learned anew", ask("today"))
        note("`today`, unchanged", ask("today"))
        note("`why`", ask("why", identifier(n_papers)))
        note("`likes`", ask("likes"))
        print(f"{n:,}: " + ", ".join(f"{name} {cells[-1][0]:.2f} s {cells[-1][1]:.0f} MB" for name, cells in rows.items()), flush=True)
    table(sizes, rows)


def readers(program, folder, sizes):
    library = folder / "readers"
    ask = lambda *words, **more: run(program, "--library", library, *words, **more)
    if not library.exists():
        ask("import", "-q", "-", lines=Papers().lines(20_000, 100))
    rows, made = {}, 0
    for n in sizes:
        start = time.monotonic()
        for i in range(made, n):
            ask("account", "add", f"reader-{i}", lines=["a long password of a reader\n"])
        if n > made:
            rows.setdefault("an account", []).append(((time.monotonic() - start) / (n - made), 0))
        made = n
        server = subprocess.Popen([program, "--library", str(library), "serve", "--port", str(PORT)],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(2)
        ask_as, _ = signed_in(n)
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda i: [ask_as(i, "rate", identifier(1 + (i * 17 + k) % 20_000)) for k in range(5)], range(n)))
            first = sorted(pool.map(lambda i: ask_as(i, "today"), range(n)))
            again = sorted(pool.map(lambda i: ask_as(i, "today"), range(n)))
        kb = int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{server.pid}/status").read_text())[1])
        for name, times in (("Today's p99, learned anew, 16 at once", first), ("Today's p99 after that", again)):
            rows.setdefault(name, []).append((times[int(len(times) * .99)], kb / 1024))
        server.terminate()
        server.wait()
    table(sizes, rows)


def signed_in(n):
    """Signs readers in, each from an address of its own; what asks for them and takes the time, and their cookies."""
    def ask(i, what, id=None):
        start = time.monotonic()
        answered(i, f"/api/v1/{what}", json.dumps({"ids": [id], "rating": "like"}) if id else None, cookies[i])
        return time.monotonic() - start

    def sign_in(i):
        form = f"name=reader-{i}&password=a+long+password+of+a+reader"
        return answered(i, "/sign-in", form)["Set-Cookie"].split(";")[0]

    cookies = [sign_in(i) for i in range(n)]
    return ask, cookies


def answered(i, path, body=None, cookie=None):
    """The headers of an answer that is not a refusal."""
    address = (f"127.0.{i // 250}.{i % 250 + 1}", 0)
    door = http.client.HTTPConnection("127.0.0.1", PORT, timeout=600, source_address=address)
    kind = "application/x-www-form-urlencoded" if path == "/sign-in" else "application/json"
    headers = {"Origin": f"http://127.0.0.1:{PORT}", "Content-Type": kind, **({"Cookie": cookie} if cookie else {})}
    door.request("POST" if body else "GET", path, body, headers)
    answer = door.getresponse()
    said = answer.read()
    if answer.status >= 400:
        sys.exit(f"{path}: {answer.status} {said.decode()[:300]}")
    return answer.headers


if __name__ == "__main__":
    kind, program, folder, *sizes = sys.argv[1:]
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    {"papers": papers, "ratings": ratings, "readers": readers}[kind](program, pathlib.Path(folder), [int(n) for n in sizes])
