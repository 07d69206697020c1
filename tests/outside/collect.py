"""Unpacks the public test collections that `reading.py` reads.

    python collect.py MIRRORS TARGET

MIRRORS holds the git directory of each repository, bare or not, as OWNER+NAME or OWNER+NAME/repo.
From the newest commit of each, the files of formats that paperpick reads are written below TARGET.
Zotero keeps the files inside its translators as test cases, miniflux keeps feeds as strings of Go.

Prints `NAME@COMMIT=FOLDER` for each collection, which are arguments of `reading.py`:

    python reading.py READER $(python collect.py MIRRORS TARGET)

Left out, as formats that paperpick does not claim to read: JSON Feed, OPML, Zotero RDF, CSL YAML,
the XML of EndNote, MODS, MARC and PubMed, and the records of Web of Science, RefWorks and PubMed.
"""

import io
import json
import re
import subprocess
import sys
from pathlib import Path

REPOSITORIES = {
    "jabref": ("JabRef+jabref", r".*\.(bib|ris)"),
    "better-bibtex": (
        "retorquere+zotero-better-bibtex",
        r"test/fixtures/(import|export|merge)/.*\.(bib|bibtex|biblatex|json)",
    ),
    "rispy": ("MrTango+rispy", r"tests/data/.*\.ris"),
    "feedparser": ("kurtmckee+feedparser", r"(tests|docs/examples)/.*\.(xml|rdf)"),
    "feed-rs": ("feed-rs+feed-rs", r"feed-rs/fixture/.*\.xml"),
    "miniflux": ("miniflux+v2", r"internal/reader/.*(\.xml|(atom|rdf|rss|parser|xml)/\w+_test\.go)"),
    "zotero": ("zotero+translators", r"(BibTeX|RIS|CSL JSON)\.js"),
}

EXTENSIONS = {"BibTeX": "bib", "RIS": "ris", "CSL JSON": "json"}


def git(mirror, *words, **more):
    command = ["git", f"--git-dir={mirror}", *words]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, **more).stdout


def files(mirror, wanted):
    """The path and the bytes of each file of the newest commit whose path is wanted."""
    listed = git(mirror, "ls-tree", "-r", "-z", "HEAD").decode().rstrip("\0").split("\0")
    entries = [(line.split("\t", 1)[1], line.split()[2]) for line in listed]
    entries = [(path, number) for path, number in entries if re.fullmatch(wanted, path)]
    answer = io.BytesIO(git(mirror, "cat-file", "--batch", input="\n".join(n for _, n in entries).encode()))
    for path, _ in entries:
        header = answer.readline().split()
        if header[1] == b"missing":
            print(f"{mirror} lacks {path}", file=sys.stderr)  # a snapshot without its largest files
            continue
        yield path, answer.read(int(header[2]))
        answer.read(1)


def feeds_of_go(source):
    """Raw strings that are feeds; a back quote inside one is written as "` + "`" + `"."""
    source = source.replace('` + "`" + `', "\0")
    for text in re.findall(r"`([^`]*)`", source):
        if re.search(r"<(\w+:)?(feed|rss|RDF)\b", text):
            yield text.replace("\0", "`")


def cases_of_zotero(source):
    """What the tests of a translator import."""
    cases = re.search(r"/\*\* BEGIN TEST CASES \*\*/\s*var testCases\s*=(.*)/\*\* END TEST CASES", source, re.S)
    for case in json.loads(cases[1].strip().rstrip(";")):
        if case["type"] == "import":
            yield case["input"]


def unpacked(path, data):
    """The files that lie in a file of a repository."""
    if path.endswith(".go"):
        texts, extension = feeds_of_go(data.decode()), "xml"
    elif path.endswith(".js"):
        texts, extension = cases_of_zotero(data.decode()), EXTENSIONS[path.removesuffix(".js")]
    else:
        yield path, data
        return
    for number, text in enumerate(texts, 1):
        yield f"{path.rsplit('.', 1)[0]}/{number:03}.{extension}", text.encode()


def main():
    mirrors, target = map(Path, sys.argv[1:3])
    for name, (repository, wanted) in REPOSITORIES.items():
        mirror = next(path for path in (mirrors / repository / "repo", mirrors / repository) if path.is_dir())
        for path, data in files(mirror, wanted):
            for inner, content in unpacked(path, data):
                (target / name / inner).parent.mkdir(parents=True, exist_ok=True)
                (target / name / inner).write_bytes(content)
        commit = git(mirror, "rev-parse", "--short=7", "HEAD").decode().strip()
        print(f"{name}@{commit}={target / name}")


if __name__ == "__main__":
    main()
