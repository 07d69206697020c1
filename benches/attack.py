#!/usr/bin/env python3
"""How long Today takes for others while a server is attacked.

    python3 benches/attack.py target/release/paperpick LIBRARY [SECONDS=60] [SLOW=10000]

LIBRARY is a copy of a library with likes: accounts are added to it. One after the other, and then together: `SLOW` clients
from a hundred addresses of this machine, each of which sends a byte every ten seconds; a page of a stranger that asks from
eight browsers for what is dear; a member who asks for the same, with new parameters each time, from eight connections; and
the same member's files, which expand. Meanwhile another reader asks for Today five times a second, each time of another day.
"""

import datetime
import http.client
import itertools
import json
import pathlib
import random
import re
import resource
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

PORT = 18795
DEAR = ["/api/v1/topics/map?days={days}", "/api/v1/today?days={days}&n=100", "/api/v1/topics?days={days}",
        "/api/v1/topics/trend?days={few}", "/api/v1/search?words={word}&n=100", "/topics?days={days}",
        "/?days={days}&by=topic", "/api/v1/digest?by_topic=true&n=100", "/feeds/picks.atom?n={few}"]
BOMB = "".join(f'@string{{a{i + 1} = a{i} # a{i}}}\n' for i in range(40))
BOMB = '@string{a0 = "word "}\n' + BOMB + "@article{x, title = a40}\n"


def ask(address, path, cookie=None, body=None, kind="application/json", headers=(), timeout=120):
    """The status and the seconds of an answer; from an address of this machine."""
    start = time.monotonic()
    try:
        door = http.client.HTTPConnection("127.0.0.1", PORT, timeout=timeout, source_address=(address, 0))
        more = {"Origin": f"http://127.0.0.1:{PORT}", **({"Cookie": cookie} if cookie else {}), **dict(headers)}
        if body is not None:
            more["Content-Type"] = kind
        door.request("POST" if body is not None else "GET", path, body, more)
        answer = door.getresponse()
        answer.read()
        return answer.status, time.monotonic() - start, answer.headers
    except OSError as error:
        return type(error).__name__, time.monotonic() - start, {}


def sign_in(name):
    form = urllib.parse.urlencode({"name": name, "password": f"a long password of {name}"})
    status, _, headers = ask("127.0.0.1", "/sign-in", body=form, kind="application/x-www-form-urlencoded")
    if status != 303:
        sys.exit(f"{name} is not let in: {status}")
    return headers["Set-Cookie"].split(";")[0]


class Attack:
    """Threads until they are told to end, and what they were answered."""

    def __init__(self):
        self.ends = threading.Event()
        self.answers = {}
        self.threads = []

    def begin(self, n, work):
        for i in range(n):
            self.threads.append(threading.Thread(target=self.go_on, args=(i, work), daemon=True))
            self.threads[-1].start()

    def go_on(self, i, work):
        numbers = random.Random(i)
        while not self.ends.is_set():
            status = work(numbers)
            self.answers[status] = self.answers.get(status, 0) + 1

    def end(self):
        self.ends.set()
        for thread in self.threads:
            thread.join(150)


def dear(numbers):
    path = numbers.choice(DEAR)
    days = numbers.randrange(2, 3660)
    return path.format(days=days, few=days % 100 + 2, word=f"model{numbers.randrange(10**6)}")


def stranger(cookie):
    other = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Origin": "https://stranger.example"}
    return lambda numbers: ask(f"127.0.1.{numbers.randrange(1, 9)}", dear(numbers), cookie, headers=other.items())[0]


def member(cookie):
    return lambda numbers: ask("127.0.2.1", dear(numbers), cookie)[0]


def files(cookie):
    return lambda numbers: ask("127.0.3.1", "/api/v1/import", cookie, f"% {numbers.random()}\n{BOMB}", "text/plain")[0]


def slow(n, attack):
    """Many clients that send next to nothing."""
    def go_on():
        held = []
        for i in range(n):
            client = socket.socket()
            try:
                client.bind((f"127.0.{4 + i % 10}.{1 + i // 10 % 10}", 0))
                client.settimeout(2)
                client.connect(("127.0.0.1", PORT))
                client.send(b"GET / HTTP/1.1\r\n")
                held.append(client)
            except OSError:
                client.close()
            if attack.ends.is_set():
                return
        attack.answers["held"] = len(held)
        while not attack.ends.wait(10):
            for client in held:
                try:
                    client.send(b"x")
                except OSError:
                    pass
    attack.threads.append(threading.Thread(target=go_on, daemon=True))
    attack.threads[-1].start()


class Peak:
    """The most memory that a process has held, and how much of the library's files was mapped at that time."""

    def __init__(self, pid):
        self.status = pathlib.Path(f"/proc/{pid}/status")
        self.most, self.ends = (0, 0), threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)
        self.thread.start()

    def look(self):
        while not self.ends.wait(.05):
            kb = dict(re.findall(r"(RssAnon|RssFile):\s+(\d+)", self.status.read_text()))
            self.most = max(self.most, (int(kb["RssAnon"]) // 1024, int(kb["RssFile"]) // 1024))

    def end(self):
        self.ends.set()
        self.thread.join()
        return f"{self.most[0]:,} MB and {self.most[1]:,} MB of files"


def watched(cookie, days, seconds):
    """What another reader waits for Today."""
    waits, wrong, until = [], 0, time.monotonic() + seconds
    for day in itertools.cycle(days):
        if time.monotonic() > until:
            break
        status, took, _ = ask("127.0.0.1", f"/api/v1/today?date={day}", cookie)
        waits.append(took)
        wrong += status != 200
        time.sleep(max(0, .2 - took))
    waits.sort()
    return waits, wrong


def main(program, library, seconds=60, n_slow=10_000):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    for name, role in (("owner", "owner"), ("member", "member"), ("reader", "member")):
        words = [program, "--library", library, "account", "add", name] + (["--role", role] if role != "owner" else [])
        subprocess.run(words, input=f"a long password of {name}\n", text=True, check=True, stdout=subprocess.DEVNULL)
    server = subprocess.Popen([program, "--library", library, "serve", "--port", str(PORT)], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    time.sleep(3)
    owner, one, other = sign_in("owner"), sign_in("member"), sign_in("reader")
    told = lambda *words: json.loads(subprocess.run([program, "--library", library, *words, "--json"],
                                                    capture_output=True, check=True).stdout)
    last = datetime.date.fromisoformat(told("today", "--again")["last"])
    days = [str(last - datetime.timedelta(days=n)) for n in range(60)]
    days = [day for day in days if ask("127.0.0.1", f"/api/v1/today?date={day}", owner)[0] == 200]
    ids = [like["id"] for like in told("likes")["ratings"]][:20]
    ask("127.0.0.1", "/api/v1/rate", other, json.dumps({"ids": ids, "rating": "like"}))
    ways = {
        "nobody": lambda attack: None,
        f"{n_slow:,} slow clients": lambda attack: slow(n_slow, attack),
        "a stranger's page": lambda attack: attack.begin(8, stranger(owner)),
        "a member": lambda attack: attack.begin(8, member(one)),
        "files": lambda attack: attack.begin(4, files(one)),
    }
    ways["all of them"] = lambda attack: [begin(attack) for begin in list(ways.values())[1:-1]]
    print("| attack | Today: median | p99 | slowest | refused | answers to the attack | memory |\n|---|---|---|---|---|---|---|")
    for name, begin in list(ways.items()):
        attack = Attack()
        begin(attack)
        time.sleep(3)
        peak = Peak(server.pid)
        waits, wrong = watched(other, days, seconds)
        attack.end()
        at = lambda share: f"{waits[min(int(len(waits) * share), len(waits) - 1)] * 1000:.0f} ms"
        said = ", ".join(f"{n} × {status}" for status, n in sorted(attack.answers.items(), key=str))
        print(f"| {name} | {at(.5)} | {at(.99)} | {at(1)} | {wrong} of {len(waits)} | {said} | {peak.end()} |", flush=True)
    server.terminate()


if __name__ == "__main__":
    program, library, *numbers = sys.argv[1:]
    main(program, library, *map(int, numbers))
