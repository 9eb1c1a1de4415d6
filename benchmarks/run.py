"""Time our search and its peers' in rounds, one after the other, and write times and ratios."""

import argparse
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks import results, table
from benchmarks.cases import CASES, OURS, PEERS
from benchmarks.processes import run_module
from benchmarks.table import Round

ALL_PEERS = sorted({peer for peers in PEERS.values() for peer in peers})


def measure(case: str, peers: Sequence[str], arguments: Sequence[str]) -> Round:
    """Run our search and each peer's, one after the other; returns what each of them took."""
    measured = {}
    for who in (OURS, *peers):
        started = time.perf_counter()
        line = run_module(f"benchmarks.peers.{who}", "--case", case, *arguments)
        measured[who] = line | {"whole_seconds": time.perf_counter() - started}
        print(f"{case}: {who} {measured[who]['seconds']:.1f} s", flush=True)
    return measured


def earlier_cases(machine: dict[str, Any]) -> dict[str, Any]:
    """The cases measured earlier, if machine, versions and commit are still the same."""
    before = results.read(table.NAME)
    known = before.get("machine", {})
    commit = known.get("commit", "").removesuffix("-dirty")  # writing results makes it dirty
    known |= {"commit": commit, "rates": machine["rates"]}
    alike = known == machine | {"commit": machine["commit"].removesuffix("-dirty")}
    return dict(before["cases"]) if alike else {}


def kept(case: dict[str, Any], asked: dict[str, Any], peers: Sequence[str]) -> list[Round]:
    """The rounds that a case already has, if they are of the same size and the same peers."""
    rounds = list(case.get("rounds", []))
    alike = all(case.get(name) == value for name, value in asked.items())
    return rounds if alike and all(one.keys() == {OURS, *peers} for one in rounds) else []


def names(known: Sequence[str]) -> Callable[[str], list[str]]:
    """A function that parses known names, separated by commas."""

    def parse(text: str) -> list[str]:
        chosen = text.split(",")
        if not set(chosen) <= set(known):
            raise argparse.ArgumentTypeError(f"accepted are {', '.join(known)}")
        return chosen

    return parse


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=names(list(CASES)), default=list(CASES))
    parser.add_argument("--peers", type=names(ALL_PEERS), help="default: each case's own")
    parser.add_argument("--repeats", type=int, default=5, help="rounds to add; default: 5")
    parser.add_argument("--epochs", type=int, help="default: each case's own")
    parser.add_argument("--samples", type=int, help="of 60,000; default: each case's own")
    asked = parser.parse_args()
    for case in asked.cases:
        if asked.peers and not set(asked.peers) <= set(PEERS[case]):
            parser.error(f"--peers: accepted for {case} are {', '.join(PEERS[case])}")
    return asked


def main() -> None:
    given = parse()
    machine = run_module("benchmarks.machine")
    record = {"machine": machine, "cases": earlier_cases(machine)}
    for name in given.cases:
        peers = given.peers or PEERS[name]
        asked = {
            "epochs": given.epochs or CASES[name].epochs,
            "samples": given.samples or CASES[name].samples,
        }
        rounds = kept(record["cases"].get(name, {}), asked, peers)
        arguments = [f"--{option}={value}" for option, value in asked.items()]
        for _ in range(given.repeats):
            rounds.append(measure(name, peers, arguments))
            record["cases"][name] = {**asked, "rounds": rounds}
            shown, headline = table.tables(record), table.headline(record)
            results.write(table.NAME, table.command(record), record, shown, headline)
    results.show(table.tables(record))


if __name__ == "__main__":
    main()
