#!/usr/bin/env python3
"""Whether a server that is used for an hour levels off: memory, open files, threads, the log of the database.

    python3 benches/soak.py target/release/paperpick FOLDER [MINUTES=60] [A_SECOND=10]

FOLDER takes a library of 20,000 papers (see load.py). Four readers ask for what readers ask for, so many times a second in
all; each minute the next day comes in, of 300 papers, and each five minutes one reader exports and somebody signs in anew. Every
ten seconds the server's process is looked at; the table has the most of each sixth of the time.
"""

import datetime
import itertools
import json
import pathlib
import random
import re
import subprocess
import sys
import threading
import time

from load import LAST, PORT, Papers, answered, identifier, run, signed_in

N_READERS = 4
ASKED = ["today?days={days}", "today?n={n}&days=1", "similar?id={id}", "search?words={word}", "show?id={id}", "why?id={id}",
         "topics?days=1", "topics/map?days=1", "topics/trend?days={days}", "interests", "likes", "saved", "digest"]
WORDS = ["diffusion", "robot", "graph neural", "language model", "speech", "privacy"]


class Use:
    """What readers do, until they are told to end."""

    def __init__(self, cookies, every):
        self.cookies, self.every, self.n, self.ends = cookies, every, 0, threading.Event()
        self.refused = {}
        self.threads = [threading.Thread(target=self.go_on, args=(i,)) for i in range(N_READERS)]
        for thread in self.threads:
            thread.start()

    def go_on(self, i):
        numbers = random.Random(i)
        while not self.ends.is_set():
            begun = time.monotonic()
            id = identifier(numbers.randrange(1, 20_000))
            try:
                if numbers.random() < .2:
                    rating = numbers.choice(["like", "dislike", None])
                    answered(i, "/api/v1/rate", json.dumps({"ids": [id], "rating": rating}), self.cookies[i])
                else:
                    what = numbers.choice(ASKED).format(days=numbers.randrange(2, 60), n=numbers.randrange(5, 80), id=id,
                                                        word=numbers.choice(WORDS).replace(" ", "+"))
                    answered(i, f"/api/v1/{what}", cookie=self.cookies[i])
            except SystemExit as refusal:
                what = str(refusal).split(" ")[1]
                self.refused[what] = self.refused.get(what, 0) + 1
            self.n += 1
            self.ends.wait(max(0, self.every - (time.monotonic() - begun)))

    def end(self):
        self.ends.set()
        for thread in self.threads:
            thread.join()


def look(pid, library):
    """Megabytes of own memory, open files, threads, megabytes of the database's log."""
    process = pathlib.Path(f"/proc/{pid}")
    status = dict(re.findall(r"(RssAnon|Threads):\s+(\d+)", (process / "status").read_text()))
    log = library / "library.sqlite-wal"
    return (int(status["RssAnon"]) / 1024, len(list((process / "fd").iterdir())), int(status["Threads"]),
            log.stat().st_size / 1e6 if log.exists() else 0)


def main(program, folder, minutes=60, a_second=10):
    library, made = pathlib.Path(folder) / "soak", Papers()
    ask = lambda *words, **more: run(program, "--library", library, *words, **more)
    ask("import", "-q", "-", lines=made.lines(20_000, 100))
    for i in range(N_READERS):
        ask("account", "add", f"reader-{i}", lines=["a long password of a reader\n"])
    server = subprocess.Popen([program, "--library", str(library), "serve", "--port", str(PORT)],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(2)
    _, cookies = signed_in(N_READERS)
    use, seen, begun = Use(cookies, N_READERS / a_second), [], time.monotonic()
    for n in itertools.count(1):
        time.sleep(max(0, begun + 10 * n - time.monotonic()))
        seen.append(look(server.pid, library))
        if n % 6 == 0:
            ask("import", "-q", "-", lines=made.lines(300, 1, LAST + datetime.timedelta(days=n // 6)))
        if n % 30 == 0:
            answered(0, "/api/v1/export", cookie=cookies[0])
            signed_in(1)
        if n >= minutes * 6:
            break
    use.end()
    server.terminate()
    part = max(1, len(seen) // 6)
    print(f"{use.n:,} requests in {minutes} minutes; refused: {use.refused or 'none'}\n")
    print("| minutes | own memory | open files | threads | log |\n|---|---|---|---|---|")
    for i in range(6):
        mb, files, threads, log = map(max, zip(*seen[i * part:(i + 1) * part]))
        print(f"| to {(i + 1) * minutes // 6} | {mb:.0f} MB | {files} | {threads} | {log:.1f} MB |")


if __name__ == "__main__":
    program, folder, *numbers = sys.argv[1:]
    main(program, folder, *map(int, numbers))
