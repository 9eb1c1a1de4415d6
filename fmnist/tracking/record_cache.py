"""Finished trials, kept on this machine, so that tables fetch only what a store has gained.

Only tables read it: what a search need not train is always asked of the store itself.
"""

import dataclasses
import hashlib
import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from fmnist.data import fashion_mnist
from fmnist.files import remove_old, replacing
from fmnist.tracking.address import identity
from fmnist.tracking.runs import RunRecord
from fmnist.tracking.store import Store

FORMAT = 2
FINISHED = "attributes.status = 'FINISHED'"
# A store cannot be asked for what else changed (a tag, a run removed for good): start anew daily.
MAXIMUM_AGE_SECONDS = 24 * 3_600
# Runs that other machines start carry those machines' clocks.
OVERLAP_MILLISECONDS = 600_000


@dataclass
class Snapshot:
    """What was known of a store.

    Attributes:
        experiments: their creation times, by id; a store that lacks one of them is another store.
        watched: ids of trials that had not finished, or were deleted and may be restored.
        made_at: when everything was fetched, seconds since 1970.
    """

    experiments: dict[str, int] = field(default_factory=dict)
    finished: dict[str, RunRecord] = field(default_factory=dict)
    watched: list[str] = field(default_factory=list)
    made_at: float = field(default_factory=time.time)

    @property
    def newest_start(self) -> int:
        """When the newest known trial started, milliseconds since 1970."""
        return max((run.start_time for run in self.finished.values()), default=0)

    def fits(self, experiments: dict[str, int]) -> bool:
        """Whether this may still be what a store with such experiments holds.

        One that came in sight since, by a grant or restored, may hold older trials.
        """
        fresh = 0 <= time.time() - self.made_at <= MAXIMUM_AGE_SECONDS
        return fresh and self.experiments == experiments

    def to_json(self) -> str:
        """The snapshot as text."""
        names = [item.name for item in dataclasses.fields(RunRecord)]
        finished = [{name: vars(run)[name] for name in names} for run in self.finished.values()]
        return json.dumps({**vars(self), "finished": finished, "format": FORMAT})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a snapshot.

        Raises:
            ValueError: if the text is none.
        """
        fields = json.loads(text)
        if not isinstance(fields, dict) or fields.pop("format", None) != FORMAT:
            raise ValueError(f"not a snapshot of format {FORMAT}")
        runs = [RunRecord(**run) for run in fields.pop("finished")]
        return cls(**fields, finished={run.run_id: run for run in runs})


def finished_trials(store: Store) -> list[RunRecord]:
    """All finished trials of a store; what was fetched before comes from this machine."""
    path, experiments = _path(), store.experiments()
    known = _read(path)
    if not known.fits(experiments):
        known = Snapshot()
    # First, so that a trial that finishes meanwhile is in one of the two.
    unfinished = {run.run_id for run in store.trials("attributes.status != 'FINISHED'")}
    finished = known.finished | {run.run_id: run for run in _finished_since(known, store)}
    deleted = {run.run_id for run in store.deleted_trials()}
    finished = {run_id: run for run_id, run in finished.items() if run_id not in deleted}
    now = Snapshot(experiments, finished, sorted(unfinished | deleted), known.made_at)
    if now != known:
        _write(path, now)
    return list(finished.values())


def _finished_since(known: Snapshot, store: Store) -> list[RunRecord]:
    """The trials that started after the newest known one, and older ones that went on."""
    since = known.newest_start - OVERLAP_MILLISECONDS
    found = store.trials(FINISHED, f"attributes.start_time >= {since}")
    if known.watched:
        ids = ", ".join(f"'{run_id}'" for run_id in known.watched)
        found += store.trials(FINISHED, f"attributes.run_id IN ({ids})")
    return found


def _path() -> Path:
    """The snapshot of the current store, as the current user sees it."""
    name = hashlib.sha256(identity().encode()).hexdigest()[:16]
    return fashion_mnist.cache_folder() / "records" / f"{name}.json"


def _read(path: Path) -> Snapshot:
    try:
        return Snapshot.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, KeyError):
        return Snapshot()


def _write(path: Path, snapshot: Snapshot) -> None:
    """Keep a snapshot, whole or not at all; tables do without where that cannot be."""
    with suppress(OSError), replacing(path) as scratch:
        scratch.write_text(snapshot.to_json(), encoding="utf-8")
    remove_old(path.parent, MAXIMUM_AGE_SECONDS)  # those of other stores are not read any more
