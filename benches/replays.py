#!/usr/bin/env python3
"""Makes files for `paperpick eval replay` out of listings, reading lists and submitters.

    python3 benches/replays.py OUT --listings FOLDER [--lists FOLDER] [--daily FOLDER] [--least N]

Only Python's standard library is used. The folders hold:

  listings   `*.jsonl.gz`, lines {listed, id, title, abstract, authors, categories}
  lists      `*.jsonl`, lines {id, added}: a list of papers that a person kept
  daily      `YYYY-MM-DD.json`, answers of Hugging Face's daily papers

Into OUT go, for every list with N papers (default 20) in the listings, `NAME.papers.jsonl` and
`NAME.ratings.csv`, and for the submitters of 8 or more papers that the listings have, all in one
pair, `submitters.*`. The rules:

- A paper's day is the first listing that has it. What was kept and has no listing is left out,
  but for papers of a list from before the listings begin: where the daily papers hold their text,
  they are history to learn from, on the day on which they stood there. A day that only holds
  history has nothing to rank among, so it is never measured.
- A list's paper is liked on the day on which it was added, a submitter's on the day on which it
  was submitted. Nobody dislikes anything.
- A listed paper that the daily papers hold was `picked` on that day. Of history it is not said: there is
  none that was not picked. Nor is it of the submitters' papers, who put them there themselves.
"""

import argparse
import collections
import csv
import glob
import gzip
import json
import os
import sys


def lines(path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def one_line(text):
    return " ".join((text or "").split())


def listed_papers(folder):
    """Each paper as its first listing has it."""
    papers = {}
    for path in sorted(glob.glob(os.path.join(folder, "*.jsonl.gz"))):
        for row in lines(path):
            known = papers.get(row["id"])
            if known is None or row["listed"] < known["listed"]:
                fields = ("id", "title", "abstract", "authors", "categories", "listed")
                papers[row["id"]] = {name: row[name] for name in fields}
    return papers


def daily_papers(folder):
    """Each daily paper once, on its first day, with who submitted it and when."""
    papers, submitted = {}, {}
    for path in sorted(glob.glob(os.path.join(folder, "*.json"))):
        day = os.path.basename(path)[:10]
        try:
            with open(path, encoding="utf-8") as file:
                entries = json.load(file)
        except ValueError:
            continue
        for entry in entries if isinstance(entries, list) else []:
            paper = (entry.get("paper") or {}) if isinstance(entry, dict) else {}
            if not paper.get("id") or not paper.get("title") or paper["id"] in papers:
                continue
            papers[paper["id"]] = {
                "id": paper["id"],
                "title": one_line(paper["title"]),
                "abstract": one_line(paper.get("summary")),
                "authors": [a["name"] for a in paper.get("authors", []) if a.get("name")],
                "categories": [],
                "listed": day,
            }
            who = (paper.get("submittedOnDailyBy") or {}).get("user")
            at = (paper.get("submittedOnDailyAt") or day)[:10]
            if who:
                submitted[paper["id"]] = (who, at)
    return papers, submitted


def write(out, name, papers, ratings):
    papers = sorted(papers, key=lambda p: (p["listed"], p["id"]))
    with open(os.path.join(out, name + ".papers.jsonl"), "w", encoding="utf-8") as file:
        for paper in papers:
            file.write(json.dumps(paper, ensure_ascii=False) + "\n")
    with open(os.path.join(out, name + ".ratings.csv"), "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["user", "id", "rating", "at"])
        rows.writerows(sorted(ratings, key=lambda r: (r[0], r[3], r[1])))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--listings", required=True)
    parser.add_argument("--lists")
    parser.add_argument("--daily")
    parser.add_argument("--least", type=int, default=20)
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)

    listed = listed_papers(args.listings)
    if not listed:
        sys.exit(f"{args.listings} has no listing (*.jsonl.gz)")
    begin = min(paper["listed"] for paper in listed.values())
    daily, submitted = daily_papers(args.daily) if args.daily else ({}, {})
    print(f"{len(listed)} papers on {len({p['listed'] for p in listed.values()})} days from {begin}")

    def picked(paper):
        return {"picked": daily[paper["id"]]["listed"]} if paper["id"] in daily else {}

    for path in sorted(glob.glob(os.path.join(args.lists, "*.jsonl"))) if args.lists else []:
        name = os.path.basename(path).split("__")[0]
        kept = [(row["id"], row["added"]) for row in lines(path)]
        history = {i: daily[i] for i, _ in kept if i in daily and i not in listed and daily[i]["listed"] < begin}
        ratings = [(name, i, 1, at) for i, at in kept if i in listed or i in history]
        n = sum(i in listed for i, _ in kept)
        print(f"{name}: {len(kept)} kept, {n} in the listings, {len(history)} from before them")
        if n >= args.least:
            papers = [{**paper, **picked(paper)} for paper in listed.values()]
            write(args.out, name, [*papers, *history.values()], ratings)

    by_user = collections.defaultdict(list)
    for paper, (who, at) in submitted.items():
        if paper in listed:
            by_user[who].append((who, paper, 1, at))
    ratings = [rating for rows in by_user.values() if len(rows) >= 8 for rating in rows]
    if ratings:
        users = collections.Counter(rating[0] for rating in ratings)
        print(f"submitters: {len(users)} users, {len(ratings)} papers, at most {max(users.values())}")
        write(args.out, "submitters", listed.values(), ratings)


if __name__ == "__main__":
    main()
