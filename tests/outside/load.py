"""How `paperpick serve` bears load.

    python load.py PAPERPICK LIBRARY [--quick]

LIBRARY is a folder that the run may change: papers are rated in it, and for the sign-ins it has an
account for a while. Prints figures, and fails if the server stops answering others: how long answers took,
and how long the server worked for each, which other programs on the machine do not change. Needs
nothing but Python's standard library.
"""

import argparse
import concurrent.futures
import http.client
import json
import os
import random
import re
import socket
import subprocess
import threading
import time
import urllib.parse
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("binary")
parser.add_argument("library")
parser.add_argument("--quick", action="store_true")
arguments = parser.parse_args()
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("PAPERPICK_")}


class Server:
    """A running server and its memory."""

    def __init__(self, library):
        command = [arguments.binary, "serve", "--port", "0", "--library", library]
        self.process = subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
        self.host = re.search(r"http://(\S+)", self.process.stderr.readline())[1]
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def ask(self, path, method="GET", body=None, headers={}, connection=None):
        """The status, the body and the milliseconds of one request."""
        begin = time.perf_counter()
        one = connection or http.client.HTTPConnection(self.host, timeout=60)
        one.request(method, path, body, headers)
        answer = one.getresponse()
        text = answer.read()
        if connection is None:
            one.close()
        return answer.status, text, (time.perf_counter() - begin) * 1000

    def memory(self):
        """Resident megabytes, and those of them that are the process's own."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return tuple(int(re.search(rf"{name}:\s+(\d+)", status)[1]) // 1024 for name in ("VmRSS", "RssAnon"))

    def worked(self):
        """Milliseconds of all its processors since its start."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")

    def end(self):
        self.process.terminate()
        return self.process.wait(30)


def told(name, ask, server):
    """Runs what gives the times of some requests, and tells about them."""
    before = server.worked()
    times = sorted(ask())
    worked = (server.worked() - before) / len(times)
    at = lambda share: times[min(int(len(times) * share), len(times) - 1)]
    print(
        f"{name:<40} {len(times):>5} requests  p50 {at(.5):6.1f}  p99 {at(.99):6.1f}  max {times[-1]:6.1f} ms,"
        f"  {worked:5.1f} ms of work each",
        flush=True,
    )


def steadily(server, rate, seconds, ask):
    """So many requests a second, whether or not the answers keep up; the times from when each was due."""
    times, lock = [], threading.Lock()

    def one(i, due):
        status, _, _ = ask(i)
        assert status in (200, 303), status
        with lock:
            times.append((time.perf_counter() - due) * 1000)

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        begin = time.perf_counter()
        for i in range(rate * seconds):
            due = begin + i / rate
            time.sleep(max(0, due - time.perf_counter()))
            pool.submit(one, i, due)
    assert len(times) == rate * seconds, f"{len(times)} of {rate * seconds} were answered"
    return times


def main():
    seconds = 5 if arguments.quick else 20
    server = Server(arguments.library)
    papers = json.loads(server.ask("/api/v1/doctor")[1])["size"]["papers"]
    print(f"{papers} papers; memory (resident, own) after start: {server.memory()} MB")
    page = {"accept": "text/html"}
    first = server.ask("/", headers=page)
    assert first[0] == 200, first
    print(f"the first page after start: {first[2]:.0f} ms")
    today = json.loads(server.ask("/api/v1/today?limit=100")[1])
    ids = [pick["id"] for pick in today["picks"]]
    told("today, as a page", lambda: steadily(server, 50, seconds, lambda i: server.ask("/", headers=page)), server)
    rated = iter(range(10**9))

    def with_ratings(i):
        # Each second somebody likes something, so no kept answer holds for long.
        if i % 50 == 25:
            k = next(rated)
            body = json.dumps({"ids": [ids[k % len(ids)]], "rating": ["like", "dislike", None][k // len(ids) % 3]})
            server.ask("/api/v1/rate", "POST", body, {"content-type": "application/json"})
        return server.ask("/", headers=page)

    told("today, with a rating each second", lambda: steadily(server, 50, seconds, with_ratings), server)
    draw = random.Random(1)
    found = []
    for word in ("learning", "graph", "quantum", "galaxy"):
        found += json.loads(server.ask(f"/api/v1/search?words={word}&by=words&limit=250")[1])["papers"]
    draw.shuffle(found)
    some = [paper["id"] for paper in found]
    words = [" ".join(draw.sample(title, min(2, len(title)))) for title in (paper["title"].split() for paper in found)]
    # What the page asks while some of these are typed.
    typed = [title[:i] for title in (paper["title"].lower()[:40] for paper in found[-20:]) for i in range(1, len(title) + 1)]
    # One after the other: each is a question that was never asked before.
    n = 100 if arguments.quick else 300
    quoted = urllib.parse.quote
    # In most papers, in many, or the beginning of either.
    common = "the,of a,in the,we propose a,learning,deep learning,model,data,model data,machine learning model,large language models,"
    common = (common + "neural network,diffusion model,learn,l,le,lea,m,mo,mod,mode,d,da,dat").split(",")
    common += [f"{one} {other}" for one in common for other in common]
    for name, path in [
        ("similar papers, never asked before", lambda i: f"/api/v1/similar?id={quoted(some[i])}"),
        ("similar to a text", lambda i: f"/api/v1/similar?text={quoted(words[i] + ' ' + str(i))}"),
        ("search by words", lambda i: f"/api/v1/search?by=words&words={quoted(words[i])}"),
        ("search by words and meaning", lambda i: f"/api/v1/search?words={quoted(words[-i - 1])}"),
        ("search as a page", lambda i: f"/search?q={quoted(words[i])}"),
        ("search for words of many papers", lambda i: f"/search?q={quoted(common[i])}"),
        ("search as a page, letter by letter", lambda i: f"/search?q={quoted(typed[i])}"),
        ("a paper's page", lambda i: f"/paper/{quoted(some[i])}"),
    ]:

        def one_by_one():
            for i in range(min(n, len(some), len(typed))):
                status, _, took = server.ask(path(i), headers=page)
                assert status == 200, (status, path(i))
                yield took

        told(name, one_by_one, server)
    print(f"memory (resident, own): {server.memory()} MB")

    # A thousand clients that say a letter a second, and one that asks.
    slow = []
    for _ in range(1000):
        one = socket.create_connection(server.host.split(":"))
        one.sendall(b"GET / HTTP/1.1\r\nhost: " + server.host.encode() + b"\r\nx-slow: ")
        slow.append(one)

    def beside_slow():
        for _ in range(100):
            for one in draw.sample(slow, 50):
                try:
                    one.send(b"x")
                except OSError:
                    pass
            yield server.ask("/", headers=page)[2]

    told("today beside 1,000 slow clients", beside_slow, server)
    for one in slow:
        one.close()

    # A gigabyte that nobody wants, sent as fast as it is taken.
    def upload():
        one = socket.create_connection(server.host.split(":"))
        head = f"POST /api/v1/import HTTP/1.1\r\nhost: {server.host}\r\ntransfer-encoding: chunked\r\n\r\n"
        sent, piece = 0, b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        try:
            one.sendall(head.encode())
            while sent < 1 << 30:
                one.sendall(piece)
                sent += 0x100000
        except OSError:
            pass
        return sent >> 20

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        sending = pool.submit(upload)
        told("today beside an upload of 1 GB", lambda: [server.ask("/", headers=page)[2] for _ in range(100)], server)
        print(f"of the upload {sending.result()} MB were taken before it was refused; memory {server.memory()} MB")
    assert server.end() == 0

    # Ten thousand attempts to sign in, from one address, and one reader who is in already.
    account = [arguments.binary, "account", "add", "ada", "--library", arguments.library]
    run = lambda words, **more: subprocess.run(words, text=True, check=True, capture_output=True, env=ENVIRONMENT, **more)
    run(account, input="correct horse\n")
    try:
        server = Server(arguments.library)
        form = {"content-type": "application/x-www-form-urlencoded", "origin": f"http://{server.host}"}
        one = http.client.HTTPConnection(server.host)
        one.request("POST", "/sign-in", "name=ada&password=correct+horse&next=/", form)
        cookie = {"cookie": one.getresponse().getheader("set-cookie").split(";")[0], "accept": "text/html"}
        statuses, over = {}, threading.Event()

        def attack(worker):
            connection = http.client.HTTPConnection(server.host, timeout=60)
            for i in range(1250):
                status = server.ask("/sign-in", "POST", f"name=n{i % 50}&password=guess+{worker}+{i}", form, connection)[0]
                statuses[status] = statuses.get(status, 0) + 1

        workers = [threading.Thread(target=attack, args=(i,)) for i in range(8)]
        begin = time.perf_counter()
        for worker in workers:
            worker.start()

        def beside_attack():
            while any(worker.is_alive() for worker in workers):
                status, _, took = server.ask("/", headers=cookie)
                assert status == 200, status
                yield took

        told("today beside 10,000 sign-ins", beside_attack, server)
        print(f"in {time.perf_counter() - begin:.1f} s the attempts were answered with {statuses}; memory {server.memory()} MB")
        assert sum(statuses.values()) == 10_000 and set(statuses) <= {403, 429, 503}, statuses
        assert server.end() == 0
    finally:
        account[2] = "remove"
        run(account)


main()
