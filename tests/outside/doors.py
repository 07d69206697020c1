"""The doors of paperpick, used by programs that others wrote.

    python doors.py PAPERPICK SAMPLE

PAPERPICK is the binary, SAMPLE the folder data/sample. Needs the packages mcp, jsonschema,
feedparser, lxml, aiosmtpd, cryptography and standardwebhooks.
"""

import http.cookiejar
import asyncio
import base64
import contextlib
import datetime
import email
import email.policy
import http.server
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import feedparser
import httpx2
import jsonschema
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from lxml import etree
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

BINARY, SAMPLE = (str(Path(path).resolve()) for path in sys.argv[1:3])
PASSWORD = "correct horse battery staple"
HOSTILE = "<script>alert(1)</script> [x](javascript:1) $\\lambda$ *a* \x07\x1b[31m \u202eab " + "long " * 2000


def library(folder, *lines):
    """A library with the sample and these lines of a listing."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PAPERPICK_")}
    environment |= {"HOME": folder, "PAPERPICK_LIBRARY": f"{folder}/library"}

    def run(*words, expect=0, **more):
        done = subprocess.run([BINARY, *words], env=environment | more, cwd=folder, capture_output=True, text=True)
        assert done.returncode == expect, (words, done.returncode, done.stdout[-500:], done.stderr)
        return done.stdout + done.stderr

    if lines:
        Path(folder, "listing.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        run("import", "listing.jsonl")
    else:
        run("import", SAMPLE)
    return run, environment


@contextlib.contextmanager
def served(environment, *options):
    """The address of `paperpick serve` over this library."""
    command = [BINARY, "serve", "--port", "0", *options]
    server = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        yield re.search(r"http://\S+", server.stderr.readline())[0]
    finally:
        server.terminate()
        server.wait()


def fetch(address, **more):
    """The status of an answer and its body."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, **more)) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


async def assistant(server, names):
    """Every tool and resource, through the official client, which checks answers against their schemas."""
    async with Client(server) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(names) <= set(tools), set(tools)
        for tool in tools.values():
            jsonschema.Draft202012Validator.check_schema(tool.input_schema)
            jsonschema.Draft202012Validator.check_schema(tool.output_schema)
            assert len(tool.description) > 20

        async def call(name, **arguments):
            jsonschema.validate(arguments, tools[name].input_schema)
            result = await client.call_tool(name, arguments)
            assert not result.is_error, result
            jsonschema.validate(result.structured_content, tools[name].output_schema)
            return result.structured_content

        today = await call("today", n=3)
        assert [pick["rank"] for pick in today["picks"]] == [1, 2, 3]
        best = today["picks"][0]["id"]
        assert (await call("similar", id=best, n=5))["neighbours"][0]["id"] != best
        assert (await call("similar", text="카메라 움직임", n=1))["neighbours"]
        assert (await call("topics", date=today["last"]))["n_listed"] == today["n_listed"]
        assert (await call("topics", days=2))["groups"]
        assert (await call("search", words="CLIP"))["papers"]
        assert (await call("like", ids=[best]))["papers"][0]["id"] == best
        assert (await call("show", id=best))["rating"] == "like"
        assert (await call("dislike", ids=[best]))["papers"][0]["changed"]
        why = await call("why", id=best)
        assert why["dislikes"][0]["id"] == best and why["if_liked"] > why["if_disliked"]
        for name, arguments, words in [
            ("today", {"n": 1000}, "1 to 50"),
            ("similar", {"id": best, "text": "x"}, "either id or text"),
            ("show", {"id": "2413.00001"}, "month"),
            ("search", {"words": "x" * 5000}, "1 to 1000"),
        ]:
            result = await client.call_tool(name, arguments)
            assert result.is_error and words in result.content[0].text, result
        resources = (await client.list_resources()).resources
        assert len(resources) > 5
        for resource in resources:
            [content] = (await client.read_resource(str(resource.uri))).contents
            assert json.loads(content.text)["shape"]
        templates = (await client.list_resource_templates()).resource_templates
        assert {template.uri_template for template in templates} >= {"paperpick://paper/{+id}"}


def certificate(folder):
    """A key and a certificate of 127.0.0.1 for this run."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    Path(folder, "cert.pem").write_bytes(made.public_bytes(pem))
    plain = serialization.NoEncryption()
    Path(folder, "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))


class Mailbox:
    """What arrived; refuses once if told to."""

    def __init__(self):
        self.mails, self.refuse = [], False

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refuse:
            return "451 4.7.1 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.mails.append((session.ssl is not None, envelope.content))
        return "250 OK"


def mail(folder):
    """STARTTLS and a password, a refusal, and the same day again."""
    listing = [{"listed": "2024-04-25", "id": f"2404.{i:05}", "title": title, "abstract": HOSTILE, "authors": [HOSTILE, "Ann"]}
               for i, title in enumerate([HOSTILE, "두 번째 논문: 확산 모델", "A third"], 1)]
    run, _ = library(folder, *listing)
    certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
    box = Mailbox()

    def check(server, session, envelope, mechanism, data):
        # `handled` would mean that the refusal has been sent already.
        return AuthResult(success=data.login == b"me" and data.password == PASSWORD.encode(), handled=False)

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port, tls_context=context, require_starttls=True,
                            authenticator=check, auth_required=True, auth_require_tls=True)
    controller.start()
    try:
        settings = (f"[mail]\nserver = 'localhost'\nport = {port}\nuser = 'me'\nfrom = 'paperpick <me@example.org>'\n"
                    "to = ['Me <me@example.org>', 'you@example.org']\nunsubscribe = 'https://papers.example/stop'\n")
        config = Path(folder, "config.toml")
        send = ("--config", "config.toml", "digest", "--mail", "--topics", "-vv")
        config.write_text(settings)
        said = run(*send, expect=2, PAPERPICK_MAIL_PASSWORD=PASSWORD)
        assert "certificate" in said.lower() and PASSWORD not in said, said
        config.write_text(settings + "ca_file = 'cert.pem'\n")
        said = run(*send, expect=2, PAPERPICK_MAIL_PASSWORD="wrong")
        assert "535" in said or "authentication" in said.lower(), said
        box.refuse = True
        said = run(*send, expect=2, PAPERPICK_MAIL_PASSWORD=PASSWORD)
        assert "come back later" in said, said
        box.refuse = False
        for _ in range(2):
            said = run(*send, PAPERPICK_MAIL_PASSWORD=PASSWORD)
            assert PASSWORD not in said, said
    finally:
        controller.stop()
    [(encrypted, content)] = box.mails
    assert encrypted
    parsed = email.message_from_bytes(content, policy=email.policy.default)
    assert not parsed.defects, parsed.defects
    assert parsed["Subject"].startswith("Papers of 2024-04-25: "), parsed["Subject"]
    assert len(parsed["Subject"]) < 150 and "\x07" not in parsed["Subject"]
    assert [a.addr_spec for a in parsed["To"].addresses] == ["me@example.org", "you@example.org"]
    assert parsed["List-Unsubscribe"] == "<https://papers.example/stop>"
    assert parsed["Message-ID"].endswith("@example.org>") and parsed["Date"].datetime
    plain, html = parsed.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    for part in (plain, html):
        assert not part.defects
        text = part.get_content()
        assert "두 번째 논문: 확산 모델" in text and "\x1b" not in text and "\u202e" not in text
        assert len(text) < 30_000, len(text)
    assert "<script" not in html.get_content() and "&lt;script&gt;" in html.get_content()
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))


def feeds(folder):
    """What feedparser and the rules of each format make of the feeds, also of a hostile listing."""
    listing = [{"listed": f"2024-04-{day}", "id": f"2404.{i:05}", "title": title, "abstract": HOSTILE, "authors": ["Ann"],
                "categories": ["cs.CV"]} for i, (day, title) in enumerate([(24, "A"), (25, HOSTILE), (25, "C"), (25, "A & B <i>")], 1)]
    run, _ = library(folder, *listing)
    atom = feedparser.parse(run("feed", "--base", "https://papers.example").encode())
    assert not atom.bozo and atom.version == "atom10", atom.get("bozo_exception")
    assert atom.feed.id == "tag:paperpick.invalid,2026:picks" and atom.feed.updated == "2024-04-25T00:00:00Z"
    assert atom.feed.links[0].href == "https://papers.example/feeds/picks.atom"
    assert {entry.id for entry in atom.entries} == {f"https://arxiv.org/abs/2404.{i:05}" for i in range(1, 5)}
    assert atom.entries[-1].updated == "2024-04-24T00:00:00Z"
    assert all(len(entry.title) < 400 and "<script" not in entry.content[0].value for entry in atom.entries)
    feed = json.loads(run("feed", "--format", "json", "--base", "https://papers.example"))
    assert feed["version"] == "https://jsonfeed.org/version/1.1" and feed["feed_url"].endswith("/feeds/picks.json")
    for item in feed["items"]:
        assert item["id"].startswith("https://") and item["content_html"] and item["authors"][0]["name"] == "Ann"
    run("like", "2404.00001")
    base = ("--base", "https://papers.example")
    opml = etree.fromstring(run("feed", "--format", "opml", *base).encode())
    addresses = [outline.get("xmlUrl") for outline in opml.iter("outline")]
    assert addresses[0] == "https://papers.example/feeds/picks.atom" and len(addresses) > 1, addresses
    for address in addresses:
        what = urllib.parse.unquote(address.removeprefix("https://papers.example/feeds/").removesuffix(".atom"))
        valid(run("feed", what, *base), run("feed", what, "--format", "json", *base), address)
    said = run("feed", "interests/nowhere", expect=2)
    assert "there are: " in said, said


def valid(atom, feed, address):
    """A feed in both formats against the rules of each."""
    document = etree.fromstring(atom.encode())
    rules = etree.RelaxNG(etree.parse(Path(__file__).with_name("atom.rng")))
    assert rules.validate(document), rules.error_log
    assert document.find("{*}link[@rel='self']").get("href") == address, atom[:500]
    ids = [element.text for element in document.iter("{*}id")]
    assert len(set(ids)) == len(ids), ids
    web = {"type": "string", "format": "uri", "pattern": "^https?://"}
    item = {"type": "object", "required": ["id", "content_html"], "properties": {
        "id": {"type": "string", "minLength": 1}, "url": web, "title": {"type": "string"}, "content_html": {"type": "string"},
        "date_published": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
        "authors": {"type": "array", "items": {"type": "object", "required": ["name"]}},
        "tags": {"type": "array", "items": {"type": "string"}}}, "additionalProperties": False}
    jsonschema.validate(json.loads(feed), {"type": "object", "required": ["version", "title", "items"], "properties": {
        "version": {"const": "https://jsonfeed.org/version/1.1"}, "title": {"type": "string"}, "feed_url": web,
        "home_page_url": web, "items": {"type": "array", "items": item}}, "additionalProperties": False})


def over_http(folder):
    """The feeds and the assistant's door of the server: for one reader, and for accounts with tokens."""
    run, environment = library(folder)
    run("like", "2404.15653", "2404.16030")
    run("topics", "follow", "CLIP")
    names = ["today", "similar", "why", "topics", "search", "show", "like", "dislike"]
    with served(environment) as address:
        asyncio.run(assistant(f"{address}/mcp", names))
        assert fetch(f"{address}/mcp", data=b"{}", headers={"origin": "http://evil.example"})[0] == 403
        _, outline = fetch(f"{address}/feeds.opml")
        feeds = [outline.get("xmlUrl") for outline in etree.fromstring(outline.encode()).iter("outline")]
        kinds = [urllib.parse.urlsplit(feed).path.split("/")[2] for feed in feeds]
        assert kinds[0] == "picks.atom" and set(kinds) == {"picks.atom", "interests", "topics"}, feeds
        for feed in feeds:
            (_, atom), (_, made) = fetch(feed), fetch(feed.replace(".atom", ".json"))
            valid(atom, made, feed)
            assert len(json.loads(made)["items"]) > 0, feed
        assert fetch(f"{address}/feeds/topics/nowhere.atom")[0] == 404

    run("like", "2404.15653")  # the assistant disliked the best paper, whichever that was
    subprocess.run([BINARY, "account", "add", "ada"], env=environment, input="correct horse\n", text=True, check=True, capture_output=True)
    with served(environment, "--base", "https://papers.example/") as address:
        form = lambda **fields: urllib.parse.urlencode(fields).encode()
        # What stands before the server speaks https; here its Secure cookie goes over http.
        policy = http.cookiejar.DefaultCookiePolicy(secure_protocols=("http", "https"))
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar(policy)))
        post = lambda path, **fields: opener.open(urllib.request.Request(
            address + path, data=form(**fields), headers={"origin": address})).read().decode()
        post("/sign-in", name="ada", password="correct horse", next="/")
        tokens = {}
        for purpose, more in (("feeds", {"feeds": "true"}), ("assistant", {})):
            tokens[purpose] = re.search(r'tabindex="0">(\w+)<', post("/tokens", purpose=purpose, **more))[1]
        picks = f"{address}/feeds/picks.atom?token={tokens['feeds']}"
        status, atom = fetch(picks)
        assert status == 200, atom
        valid(atom, fetch(picks.replace(".atom", ".json"))[1], f"https://papers.example/feeds/picks.atom?token={tokens['feeds']}")
        bearer = lambda purpose: {"headers": {"authorization": f"Bearer {tokens[purpose]}"}}
        assert fetch(f"{address}/feeds/picks.atom")[0] == 401
        assert fetch(f"{address}/api/v1/likes", **bearer("feeds"))[0] == 401, "a feed's token opens feeds only"
        assert fetch(f"{address}/mcp", data=b"{}")[0] == 401

        async def with_token():
            http = httpx2.AsyncClient(**bearer("assistant"))
            async with http, Client(streamable_http_client(f"{address}/mcp", http_client=http)) as client:
                shown = await client.call_tool("show", {"id": "2404.15653"})
                assert shown.structured_content["rating"] == "like", "the first account has the library's likes"

        asyncio.run(with_token())
        numbers = re.findall(r'name="revoke" value="(\d+)"', opener.open(f"{address}/me").read().decode())
        for number in numbers:
            post("/tokens", revoke=number)
        assert fetch(picks)[0] == 401 and fetch(f"{address}/api/v1/likes", **bearer("assistant"))[0] == 401


def webhook(folder):
    """The signature, as a receiver's library checks it."""
    run, _ = library(folder)
    key, calls = "whsec_" + base64.b64encode(b"a key of thirty-two bytes, for us").decode(), []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            calls.append((dict(self.headers), self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Path(folder, "config.toml").write_text(f"[webhook]\nurl = 'http://127.0.0.1:{server.server_port}/'\n")
    for _ in range(2):
        run("--config", "config.toml", "digest", "--webhook", PAPERPICK_WEBHOOK_SECRET=key)
    server.shutdown()
    [(headers, body)] = calls
    digest = Webhook(key).verify(body, headers)
    assert digest["shape"] == "digest/1" and len(digest["sections"][0]["entries"]) == 9
    try:
        Webhook(key).verify(body + b" ", headers)
    except WebhookVerificationError:
        pass
    else:
        raise AssertionError("a changed body was taken")


def script(folder):
    """The script of the guide."""
    _, environment = library(folder)
    chapter = Path(SAMPLE, "../../src/guide/json.md").read_text()
    code = chapter.split("```python\n")[1].split("```")[0]
    path = f"{Path(BINARY).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run([sys.executable, "-c", code], env=environment | {"PATH": path}, capture_output=True, text=True)
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 3, done


def main():
    names = ["today", "similar", "why", "topics", "search", "show", "like", "dislike"]
    with tempfile.TemporaryDirectory() as folder:
        _, environment = library(folder)
        asyncio.run(assistant(StdioServerParameters(command=BINARY, args=["mcp"], env=environment), names))
        silent = subprocess.run([BINARY, "mcp"], env=environment, stdin=subprocess.DEVNULL, capture_output=True)
        assert (silent.returncode, silent.stdout, silent.stderr) == (0, b"", b""), silent
        print("assistant over stdio: good")
    for check in (over_http, feeds, webhook, script, mail):
        with tempfile.TemporaryDirectory() as folder:
            check(folder)
            print(f"{check.__name__}: good")


main()
