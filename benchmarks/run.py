"""Time our search and its peers' in alternating pairs, and write times and ratios."""

import argparse
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks import results, table
from benchmarks.cases import CASES, PEERS
from benchmarks.processes import run_module
from benchmarks.table import Pair

ALL_PEERS = sorted({peer for peers in PEERS.values() for peer in peers})


def measure(
    case: str, peers: Sequence[str], repeats: int, arguments: Sequence[str]
) -> dict[str, list[Pair]]:
    """Run our search and each peer's in turns; returns the pairs of results by peer."""
    pairs: dict[str, list[Pair]] = {peer: [] for peer in peers}
    for repeat in range(repeats):
        for peer in peers:
            pair = {
                who: run_module(f"benchmarks.peers.{script}", "--case", case, *arguments)
                for who, script in (("ours", "ours"), ("peer", peer))
            }
            pairs[peer].append(pair)
            times = " and ".join(f"{who} {line['seconds']:.1f} s" for who, line in pair.items())
            print(f"{case} {repeat + 1}/{repeats}  {peer}: {times}", flush=True)
    return pairs


def earlier_cases(machine: dict[str, Any]) -> dict[str, Any]:
    """The cases measured earlier, if machine, versions and commit are still the same."""
    before = results.read(table.NAME)
    known = before.get("machine", {})
    commit = known.get("commit", "").removesuffix("-dirty")  # writing results makes it dirty
    known |= {"commit": commit, "rates": machine["rates"]}
    alike = known == machine | {"commit": machine["commit"].removesuffix("-dirty")}
    return dict(before["cases"]) if alike else {}


def kept(case: dict[str, Any], epochs: int, samples: int) -> dict[str, list[Pair]]:
    """The pairs that a case already has, if they are of the same epochs and samples."""
    alike = (case.get("epochs"), case.get("samples")) == (epochs, samples)
    return dict(case["pairs"]) if alike else {}


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
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--epochs", type=int, help="default: each case's own")
    parser.add_argument("--samples", type=int, help="of 60,000; default: each case's own")
    asked = parser.parse_args()
    for case in asked.cases:
        if asked.peers and not set(asked.peers) <= set(PEERS[case]):
            parser.error(f"--peers: accepted for {case} are {', '.join(PEERS[case])}")
    return asked


def main() -> None:
    asked = parse()
    machine = run_module("benchmarks.machine")
    record = {"machine": machine, "cases": earlier_cases(machine)}
    for name in asked.cases:
        epochs = asked.epochs or CASES[name].epochs
        samples = asked.samples or CASES[name].samples
        arguments = ("--epochs", str(epochs), "--samples", str(samples))
        pairs = measure(name, asked.peers or PEERS[name], asked.repeats, arguments)
        pairs = kept(record["cases"].get(name, {}), epochs, samples) | pairs
        record["cases"][name] = {"epochs": epochs, "samples": samples, "pairs": pairs}
        shown, headline = table.tables(record), table.headline(record)
        results.write(table.NAME, table.COMMAND, record, shown, headline)
    results.show(table.tables(record))


if __name__ == "__main__":
    main()
