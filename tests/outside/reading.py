"""The readers of paperpick against reference readers of PyPI, on folders of files.

    python reading.py READER NAME=FOLDER … [--table FILE.md] [--report FILE.jsonl] [--second PYTHON]
        [--keep FOLDER] [--only FORMAT]…

READER is the example `read` of paperpick. With the argument `-` it takes paths from its input, one a
line, and answers each with one line of JSON:

    {"file": …, "format": "ris", "error": null, "entries": [
        {"id": …, "title": …, "authors": […], "day": "2024-04-25", "year": "2024"},
        {"place": "line 12", "problem": "the entry has no end"}]}

`collect.py` unpacks the public test collections. Needs pybtex, bibtexparser 1, rispy, feedparser with
chardet, and pylatexenc. bibtexparser 2 has the name of bibtexparser 1: PYTHON is an interpreter that has it. In the
folder of `--keep` the answers of the reference readers are kept for the next time.

The reference is pybtex with both bibtexparsers for BibTeX and BibLaTeX (what one of them reads is an
entry, and where they differ, paperpick agrees with any of them), rispy for RIS, feedparser for Atom
and RSS, and for JSON of Zotero and CSL a plain walk of it, for want of a reader. Each has ten seconds
a file.

An entry is what has a title, or an identifier that another file would have as well: a DOI or arXiv's
number; of a feed an address or an id. A citation key alone names no paper. `@string`, `@comment`,
`@preamble`, attachments, notes and annotations are none. A title of markup without a letter, such as
a picture alone, is none.

Titles are equal when they are so after normalisation:

- TeX of the reference is decoded by pylatexenc, with `%`, `&`, `#` and an odd `$` taken as text, as
  they are in a BibTeX file (in other formats, that is a second reading); mathematics between dollars,
  which paperpick leaves as TeX, on both sides;
- except for BibTeX, HTML is stripped from the reference, and character references in it are decoded; of
  a feed and of RIS the text as the reference gives it is a second reading, for a title may hold `<`;
- NFKD without combining marks and format characters, case folded, dotless letters with their dots;
- every character that is no letter, digit or one of `&%#@+<>=` is a space, and spaces are one.

Titles are compared where the reference has one. Authors are equal when the lists are, each name as its
words, normalised and sorted; `others` and `et al` are no names. A name in Chinese, Japanese or Korean
letters is compared by its letters, for its parts stand in either order. They are compared where the
reference has any: of a book without an author, paperpick names the editors. A feed's names often are one string:
there the words of all names are compared, without `and`; a name in parentheses behind a mail address
is the name, other parentheses and the word `by` may be left out, and where an entry names nobody, the feed's author may
stand for it. Days are compared where the reference has one: that of publication, else of update, in
the time zone written or in UTC.

Entries are paired by title, then by identifier, then with what stands between the same neighbours: by
likeness of title, or, if as many are left there on either side, in their order.
An entry that is not read takes the problem that READER reports between its neighbours, or else in its
file; without one it is lost silently.

Ends with 1 if of the entries of a format less than 99 % are read, or less than 99 % of those read have
equal titles or authors, or if one was lost silently.
"""

import argparse
import collections
import contextlib
import difflib
import functools
import hashlib
import html
import json
import queue
import re
import subprocess
import sys
import threading
import time
import unicodedata
from pathlib import Path

LEAST = 0.99
LIKE = 0.6  # of the characters of two titles that stand in the same place of a file
PATIENCE = 10  # seconds for a reference and a file
PATIENCE_OF_READER = 60  # a debug build, and no bound of the issue


# The reference readers. Each gives entries as {"key", "ids", "titles", "authors", "days"}, where titles,
# authors and days are readings that are as good as each other.


def text_of(path):
    data = Path(path).read_bytes()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    with contextlib.suppress(UnicodeDecodeError):
        return data.decode("utf-8-sig")
    return data.decode("cp1252", "replace")


def of_bibtex(key, fields, authors):
    fields = {name.lower(): value for name, value in fields.items()}
    eprint = "arxiv" in (fields.get("archiveprefix", "") + fields.get("eprinttype", "")).lower()
    ids = [fields.get("doi"), fields.get("eprint") if eprint else None]
    return {
        "key": key or "",
        "ids": [number for number in ids if number],
        "titles": [fields["title"]] if fields.get("title", "").strip() else [],
        "authors": [authors],
        "days": [],
    }


def pybtex(path):
    import pybtex.errors
    from pybtex.database.input.bibtex import Parser

    pybtex.errors.set_strict_mode(False)
    parser = Parser()
    for key, entry in parser.parse_string(text_of(path)).entries.items():
        # Items of the entry itself: a look-up by name would take those of its crossref.
        fields = {name: dict.__getitem__(entry.fields._dict, name) for name in entry.fields._dict}
        people = dict(entry.persons.items()).get("author", [])
        parts = ("first_names", "middle_names", "prelast_names", "last_names", "lineage_names")
        names = [" ".join(" ".join(getattr(person, part)) for part in parts) for person in people]
        yield of_bibtex("" if re.fullmatch(r"unnamed-\d+", key) else key, fields, names)


def bibtexparser1(path):
    from bibtexparser.bparser import BibTexParser
    from bibtexparser.customization import getnames, splitname

    def spoken(name):
        parts = splitname(name, strict_mode=False)
        return " ".join(" ".join(parts[part]) for part in ("first", "von", "last", "jr"))

    parser = BibTexParser(common_strings=True, ignore_nonstandard_types=False)
    for entry in parser.parse(text_of(path), partial=True).entries:
        names = [name.strip() for name in re.split(r"\s+and\s+", entry.get("author", ""), flags=re.I)]
        with contextlib.suppress(Exception):
            names = [spoken(name) for name in getnames(names)]
        yield of_bibtex(entry["ID"], {k: v for k, v in entry.items() if isinstance(v, str)}, names)


def bibtexparser2(path):
    import bibtexparser
    from bibtexparser.middlewares import names as splitting

    def spoken(name):
        parts = splitting.parse_single_name_into_parts(name, strict=False)
        return " ".join(" ".join(part) for part in (parts.first, parts.von, parts.last, parts.jr))

    for block in bibtexparser.parse_string(text_of(path)).blocks:
        # A second entry with a key is one of its own for paperpick. Its values still are enclosed.
        again = isinstance(block, bibtexparser.model.DuplicateBlockKeyBlock)
        block = block.ignore_error_block if again else block
        if not isinstance(block, bibtexparser.model.Entry):
            continue
        fields = {field.key: str(field.value) for field in block.fields}
        if again:
            fields = {name: re.sub(r'(?s)^([{"])(.*)[}"]$', r"\2", value) for name, value in fields.items()}
        author = next((value for name, value in fields.items() if name.lower() == "author"), "")
        names = [author]
        with contextlib.suppress(Exception):
            names = [spoken(name) for name in splitting.split_multiple_persons_names(author)]
        yield of_bibtex(block.key, fields, names)


def rispy(path):
    import rispy

    def spoken(name):
        family, *rest = (part.strip() for part in name.split(","))
        return " ".join([*rest[:1], family, *rest[1:]])

    text = re.sub(r"\r\n?", "\n", text_of(path))
    for record in rispy.loads(text):
        unknown = record.get("unknown_tag", {})
        titles = [record.get(name) for name in ("title", "primary_title")]
        if not any(titles):
            titles = [" ".join(unknown.get(tag, [])) for tag in ("CT", "BT")]
        first, second = (list(map(spoken, record.get(name, []))) for name in ("first_authors", "authors"))
        yield {
            "key": record.get("id", ""),
            "ids": [number for number in [record.get("doi")] if number],
            "titles": [title for title in titles if title and title.strip()],
            "authors": [first + second, second + first],
            "days": [],
        }


def feedparser(path):
    import feedparser

    def names(thing):
        people = thing.get("authors", []) if "authors" in thing else []
        return [name for name in (person.get("name", "") for person in people) if name]

    def days(entry):
        for name in ("published", "updated", "created"):
            if name not in entry:
                continue
            # `dict.get`, for a FeedParserDict takes another day where this one is missing.
            read = dict.get(entry, f"{name}_parsed")
            written = re.search(r"\b(\d{4})-?(\d\d)-?(\d\d)(?!\d)", entry[name])
            found = [time.strftime("%Y-%m-%d", read)] if read else []
            if read and written:
                found.append("-".join(written.groups()))
            number = re.search(r"\b(\d\d?)[ -]([A-Za-z]{3})", entry[name])
            if read and number:
                found += near(read, int(number[1]))
            if found:
                return found
        return []

    data = Path(path).read_bytes()
    feed = feedparser.parse(data, response_headers={"content-location": "http://example.org/", "content-type": "application/xml"})
    for entry in feed.entries:
        title = entry.get("title", "")
        own = names(entry)
        authors = [own] + ([[entry["author"]]] if "author" in entry else [])
        if not own:
            authors += [names(feed.feed), []]
        yield {
            "key": "",
            "format": feed.version,
            "ids": [entry[name] for name in ("id", "link") if entry.get(name)],
            "titles": [title] if title.strip() else [],
            "authors": authors,
            "days": days(entry),
        }


def near(read, number):
    """The day with this number within a day of a time in UTC, which is the day as it was written."""
    import datetime

    day = datetime.date(*read[:3])
    around = [day + datetime.timedelta(days=by) for by in (-1, 0, 1)]
    return [str(day) for day in around if day.day == number]


NO_PAPERS = ("attachment", "note", "annotation")


def items_of(value):
    """The items of Zotero or CSL in a value."""
    if isinstance(value, dict):
        value = value.get("items", [])
    for item in value if isinstance(value, list) else []:
        item = item.get("data", item) if isinstance(item, dict) else item
        if isinstance(item, dict) and ("itemType" in item or "type" in item):
            yield item


def plain_json(path):
    def name(person):
        order = ("firstName", "given", "dropping-particle", "non-dropping-particle", "lastName", "family", "suffix")
        parts = [str(person[part]) for part in order if person.get(part)]
        return person.get("name") or person.get("literal") or " ".join(parts)

    for item in items_of(json.loads(text_of(path))):
        if item.get("itemType") in NO_PAPERS:
            continue
        people = item.get("creators", item.get("author", []))
        people = [p for p in people if isinstance(p, dict) and p.get("creatorType", "author") == "author"]
        title = item.get("title")
        yield {
            "key": str(item.get("citationKey") or item.get("key") or item.get("id") or ""),
            "format": "Zotero JSON" if "itemType" in item else "CSL JSON",
            "ids": [item["DOI"]] if item.get("DOI") else [],
            "titles": [title] if isinstance(title, str) and title.strip() else [],
            "authors": [[name(person) for person in people]],
            "days": [],
        }


REFERENCES = {
    reader.__name__: reader for reader in (pybtex, bibtexparser1, bibtexparser2, rispy, feedparser, plain_json)
}


def answer(reader):
    """Reads the paths that come in with one of the reference readers, as READER does."""
    sys.setrecursionlimit(10_000)
    answers, sys.stdout = sys.stdout, sys.stderr  # the readers print
    for line in sys.stdin:
        found = {"error": None, "entries": []}
        try:
            for entry in REFERENCES[reader](line.rstrip("\n")):
                found["entries"].append(entry)
        except Exception as error:  # noqa: BLE001 — any failure is one of the reader's
            found["error"] = f"{type(error).__name__}: {error}"[:300]
        print(json.dumps(found), file=answers, flush=True)


class Program:
    """A reader that runs beside this one and is started again when it hangs or ends."""

    def __init__(self, command, patience, keep=None, **more):
        self.command, self.patience, self.more, self.process = command, patience, more, None
        self.keep = keep and Path(keep)

    def kept(self, path):
        """What the program says of a file, asked once for a content."""
        if not self.keep:
            return self.read(path)
        number = hashlib.sha256(path.read_bytes()).hexdigest()
        file = self.keep / f"{number}.{self.command[-1]}.json"
        if not file.exists():
            self.keep.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(self.read(path)))
        return json.loads(file.read_text())

    def start(self):
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", **self.more
        )
        self.lines = queue.Queue()
        threading.Thread(target=self.listen, args=(self.process, self.lines), daemon=True).start()

    @staticmethod
    def listen(process, lines):
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        self.process = None

    def read(self, path):
        """What the program says of a file, or why it says nothing."""
        if not self.process:
            self.start()
        try:
            print(path, file=self.process.stdin, flush=True)
            line = self.lines.get(timeout=self.patience)
        except queue.Empty:
            line, why = None, f"no answer within {self.patience} seconds"
        except BrokenPipeError:
            line, why = None, "the reader ended"
        else:
            why = "the reader ended"
        if line is None:
            self.stop()
            return {"error": why, "entries": []}
        return json.loads(line)


# Normalisation.


@functools.cache
def decoder():
    from pylatexenc.latex2text import LatexNodes2Text

    return LatexNodes2Text(math_mode="text", strict_latex_spaces=False)


@functools.cache
def decoded(text):
    """TeX to text. A BibTeX file has no comments and no alignment."""
    if not re.search(r"[\\$]", text):
        return re.sub(r"[{}]", "", text)
    text = re.sub(r"(?<!\\)([%&#])", r"\\\1", text)
    if len(re.findall(r"(?<!\\)\$", text)) % 2:
        text = re.sub(r"(?<!\\)\$", r"\\$", text)
    try:
        return decoder().latex_to_text(text)
    except Exception:  # noqa: BLE001 — what it cannot decode stays
        return text


INLINE = "a|abbr|b|bdi|big|cite|code|em|font|i|jats:\\w+|kbd|mark|nc|q|s|sc|small|span|strong|sub|sup|tt|u|var"


def stripped(text):
    """HTML to text."""
    text = re.sub(r"(?s)<!--.*?-->|<(script|style)\b.*?</\1\s*>", " ", text)
    text = re.sub(rf"(?i)</?({INLINE})(\s[^>]*)?/?>", "", text)
    return html.unescape(html.unescape(re.sub(r"(?s)<[a-zA-Z/!?][^>]*>", " ", text)))


DOTLESS = str.maketrans("ıȷ", "ij")


def normalised(text):
    text = unicodedata.normalize("NFKD", text).translate(DOTLESS)
    text = "".join(c for c in text if unicodedata.category(c) not in ("Mn", "Cf"))
    kept = [c if c.isalnum() else f" {c} " if c in "&%#@+<>=" else " " for c in text.casefold()]
    return " ".join("".join(kept).split()) or " ".join(text.split())


def of_ours(text):
    """The readings of a title of paperpick: dollars may be mathematics, which it leaves as TeX, or prices."""
    mathematics = re.sub(r"\$[^$]+\$|\\\(.+?\\\)", lambda found: decoded(found[0]), text)
    return {normalised(text), normalised(mathematics)}


EASTERN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\u1100-\u11ff]")
NOBODY = ("", "others", "et al", "and others")


def people(names):
    """Names as sorted words."""
    names = [normalised(name) if name.strip() else "" for name in names]
    words = (sorted(name.replace(" ", "") if EASTERN.search(name) else name.split()) for name in names if name not in NOBODY)
    return tuple(map(" ".join, words))


def crowd(names):
    """The words of all names, sorted; the names may stand in one string."""
    words = normalised(" ".join(names)).split() if any(name.strip() for name in names) else []
    return tuple(sorted(word for word in words if word not in ("and", "&", "by")))


def without_mail(name):
    found = re.fullmatch(r"\s*\S+@\S+\s+\((.*)\)\s*", name)
    return found[1] if found else re.sub(r"<?\S+@\S+>?", " ", name)


class Format:
    """How the two sides of a format are compared: a title or a list of names to its readings."""

    def titles(self, title):
        return {normalised(stripped(title)), normalised(decoded(stripped(title)))}

    def authors(self, names):
        return {people(names)}

    def our_authors(self, names):
        return people(names)


class BibTex(Format):
    def titles(self, title):
        return {normalised(decoded(title))}

    def authors(self, names):
        return {people(map(decoded, names))}


class Unsure(Format):
    """The reference does not say whether a text is HTML."""

    def titles(self, title):
        return {normalised(title)} | super().titles(title)


class Feed(Unsure):
    def authors(self, names):
        names = [stripped(name) for name in names]
        bare = [without_mail(name) for name in names]
        outside = [re.sub(r"\([^)]*\)", " ", name) for name in bare]
        return {crowd(names), crowd(bare), crowd(outside)}

    def our_authors(self, names):
        return crowd(names)


FORMATS = {
    "BibTeX": BibTex(),
    "RIS": Unsure(),
    "Atom": Feed(),
    "RSS": Feed(),
    "Zotero JSON": Format(),
    "CSL JSON": Format(),
}


# Reference entries of a file.


def merged(readings):
    """The entries of several readers: the nth with a key is the same entry."""
    entries = {}
    for found in readings:
        seen = collections.Counter()
        for entry in found["entries"]:
            key = entry["key"].strip().casefold()
            seen[key] += 1
            same = entries.setdefault((key, seen[key]), {**entry, "ids": [], "titles": [], "authors": [], "days": []})
            for name in ("ids", "titles", "authors"):
                same[name] += [value for value in entry[name] if value not in same[name]]
    return list(entries.values())


def reference(path, programs):
    """The format of a file and its entries, or None for a file of another format."""
    suffix = path.suffix.lower()
    if suffix in (".bib", ".bibtex", ".biblatex"):
        return "BibTeX", merged([programs[name].kept(path) for name in ("pybtex", "bibtexparser1", "bibtexparser2")])
    if suffix == ".ris":
        # Some files of this name are Web of Science's.
        if not re.search(r"(?m)^\W*TY\s*-", text_of(path)):
            return None
        return "RIS", programs["rispy"].kept(path)["entries"]
    if suffix in (".xml", ".rdf", ".rss", ".atom"):
        entries = programs["feedparser"].kept(path)["entries"]
        root = re.search(rb"<(\w+:)?(feed|rss|RDF)\b", path.read_bytes().replace(b"\0", b""))
        version = (entries[0]["format"] if entries else "") or (root and root[2].decode()) or ""
        name = {"a": "Atom", "f": "Atom", "r": "RSS", "R": "RSS"}.get(version[:1])
        return name and (name, entries)
    if suffix == ".json":
        entries = programs["plain_json"].kept(path)["entries"]
        return (entries[0]["format"], entries) if entries else None
    return None


# Comparison.


def number_in(text):
    """A DOI or an address without what may stand before and behind it."""
    text = text.strip().casefold()
    return re.sub(r"^(https?://)?((dx\.)?doi\.org/|arxiv:|doi:\s*)?", "", text).rstrip("/. ")


class Pairing:
    """Pairs the entries of the reference with READER's, both in the order of the file."""

    def __init__(self, form, references, ours):
        self.form, self.references, self.ours = form, references, ours
        self.wanted = [{t for title in entry["titles"] for t in form.titles(title)} for entry in references]
        self.got = [of_ours(entry.get("title") or "") for entry in ours]
        self.pairs, self.taken = {}, set()
        for step in (self.by_title, self.by_number, self.by_likeness, self.by_place):
            step()

    def pair(self, reference, our):
        self.pairs[reference] = our
        self.taken.add(our)

    def open(self):
        return [i for i in range(len(self.references)) if i not in self.pairs]

    def free(self):
        return [j for j, entry in enumerate(self.ours) if j not in self.taken and "problem" not in entry]

    def by_title(self):
        places = collections.defaultdict(list)
        for j in self.free():
            for title in self.got[j]:
                places[title].append(j)
        for same_authors in (True, False):
            for i in self.open():
                found = [j for title in self.wanted[i] for j in places[title] if j not in self.taken]
                if same_authors:
                    found = [j for j in found if self.equal_authors(i, j)]
                if found:
                    self.pair(i, min(found))

    def by_number(self):
        for i in self.open():
            numbers = {number_in(number) for number in self.references[i]["ids"]} - {""}
            for j in self.free():
                said = (self.ours[j].get("id") or "").casefold()
                if any(number in said for number in numbers):
                    self.pair(i, j)
                    break

    def by_likeness(self):
        for i in self.open():
            here = [j for j in self.free() if j in self.between(i)]
            like = [
                (difflib.SequenceMatcher(None, wanted, got).ratio(), -j)
                for j in here
                for wanted in self.wanted[i]
                for got in self.got[j]
            ]
            if like and max(like)[0] > LIKE:
                self.pair(i, -max(like)[1])

    def between(self, i):
        """What READER says between the neighbours of an entry that are paired."""
        before = max((self.pairs[k] for k in self.pairs if k < i), default=-1)
        behind = min((self.pairs[k] for k in self.pairs if k > i), default=len(self.ours))
        return range(before + 1, behind)

    def by_place(self):
        for i in self.open():
            found = [j for j in self.between(i) if j not in self.taken and "problem" not in self.ours[j]]
            left = [k for k in self.open() if self.between(k) == self.between(i)]
            if len(found) == len(left):
                self.pair(i, found[0])

    def equal_authors(self, i, j):
        wanted = {people for names in self.references[i]["authors"] for people in self.form.authors(names)}
        return self.form.our_authors(self.ours[j].get("authors") or []) in wanted

    def problems(self):
        """For each entry that is not read what READER says about it, if anything."""
        left = [j for j, entry in enumerate(self.ours) if "problem" in entry]
        found = {}
        for near in (True, False):
            for i in self.open():
                here = [j for j in left if not near or j in self.between(i)]
                if i not in found and here:
                    found[i] = self.ours[here[0]]
                    left.remove(here[0])
        return {i: found.get(i) for i in self.open()}


NAMES = ("files", "entries", "read", "titled", "titles", "named", "authors", "dated", "days", "silent", "extra")


def compare(name, references, said):
    """The counts of a file, and what is to be reported of it."""
    pairing = Pairing(FORMATS[name], references, said["entries"])
    count = collections.Counter(files=1, entries=len(references), read=len(pairing.pairs))
    report = collections.defaultdict(list)
    for i, j in pairing.pairs.items():
        entry, ours = references[i], said["entries"][j]
        if entry["titles"]:
            count["titled"] += 1
            count["titles"] += (equal := bool(pairing.got[j] & pairing.wanted[i]))
            if not equal:
                report["titles"].append({"reference": entry["titles"], "ours": ours.get("title")})
        if entry["days"]:
            count["dated"] += 1
            count["days"] += (equal := ours.get("day") in entry["days"])
            if not equal:
                report["days"].append({"title": ours.get("title"), "reference": entry["days"], "ours": ours.get("day")})
        if not any(map(people, entry["authors"])):
            continue
        count["named"] += 1
        count["authors"] += (equal := pairing.equal_authors(i, j))
        if not equal:
            report["authors"].append(
                {"title": ours.get("title"), "reference": entry["authors"], "ours": ours.get("authors")}
            )
    for i, problem in pairing.problems().items():
        lost = {"key": references[i]["key"], "titles": references[i]["titles"], "ids": references[i]["ids"]}
        if problem:
            lost |= problem
        elif said["error"]:
            lost["problem"] = said["error"]
        else:
            count["silent"] += 1
            lost["problem"] = "SILENT"
        report["lost"].append(lost)
    for j in pairing.free():
        count["extra"] += 1
        report["extra"].append(said["entries"][j])
    return count, report


def measure(reader, folders, second, keep, report, only):
    """The counts of each collection and format."""
    here = [sys.executable, __file__, "--reference"]
    programs = {n: Program([*here, n], PATIENCE, keep, stderr=subprocess.DEVNULL) for n in REFERENCES}
    programs["bibtexparser2"].command[0] = second
    ours = Program([reader, "-"], PATIENCE_OF_READER)
    counts = collections.defaultdict(collections.Counter)
    for collection, folder in folders:
        for path in sorted(path for path in Path(folder).resolve().rglob("*") if path.is_file()):
            found = reference(path, programs)
            entries = [entry for entry in found[1] if any(map(lettered, entry["titles"])) or entry["ids"]] if found else []
            if not entries or only and found[0] not in only:
                continue
            said = ours.read(path)
            count, differences = compare(found[0], entries, said)
            counts[collection, found[0]] += count
            if differences and report:
                line = {"collection": collection, "file": str(path.relative_to(Path(folder).resolve()))}
                line |= {"format": found[0], "as": said.get("format"), "refused": said["error"], **differences}
                print(json.dumps(line, ensure_ascii=False), file=report, flush=True)
    for program in (ours, *programs.values()):
        program.stop()
    return counts


def lettered(title):
    return any(map(str.isalnum, stripped(title)))


def share(part, whole):
    return f"{part} ({100 * part / whole:.1f} %)" if whole else "–"


def table(counts):
    """The counts in Markdown, with a line for each format of all collections."""
    rows = [
        "| collection | format | files | entries of the reference | read | titles equal | authors equal | days equal "
        "| silent losses |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for (collection, name), n in counts.items():
        cells = [collection, name, n["files"], n["entries"], share(n["read"], n["entries"])]
        cells += [share(n["titles"], n["titled"]), share(n["authors"], n["named"]), share(n["days"], n["dated"])]
        rows.append("| " + " | ".join(map(str, [*cells, n["silent"]])) + " |")
    return "\n".join(rows) + "\n"


def main():
    if sys.argv[1:2] == ["--reference"]:
        return answer(sys.argv[2])
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("reader")
    parser.add_argument("folders", nargs="+", metavar="NAME=FOLDER", type=lambda text: text.split("=", 1))
    parser.add_argument("--table", metavar="FILE.md")
    parser.add_argument("--report", metavar="FILE.jsonl")
    parser.add_argument("--second", metavar="PYTHON", default=sys.executable)
    parser.add_argument("--keep", metavar="FOLDER")
    parser.add_argument("--only", metavar="FORMAT", action="append")
    options = parser.parse_args()
    with open(options.report, "w") if options.report else contextlib.nullcontext() as report:
        counts = measure(options.reader, options.folders, options.second, options.keep, report, options.only)
    totals = collections.defaultdict(collections.Counter)
    for (_, name), count in counts.items():
        totals["all", name] += count
    text = table({**counts, **totals})
    print(text)
    if options.table:
        Path(options.table).write_text(text)
    enough = all(
        n["read"] >= LEAST * n["entries"]
        and n["titles"] >= LEAST * n["titled"]
        and n["authors"] >= LEAST * n["named"]
        and not n["silent"]
        for n in totals.values()
    )
    return 0 if enough and totals else 1


if __name__ == "__main__":
    sys.exit(main())
