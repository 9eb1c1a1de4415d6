"""Who is in Production: a log of events in MLflow, which stage and alias follow.

Each event is a tag of the registered model, so it outlives promotions, roll-backs and archived
versions, and MLflow alone tells the history. The newest event says which version is in
Production. `align` moves stage and alias there, whoever left them apart.
"""

import dataclasses
import json
import random
import time
import uuid
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Self

from mlflow.entities.model_registry import ModelVersion
from rich import box
from rich.table import Table

from fmnist.errors import InvalidInput
from fmnist.registry import registry
from fmnist.registry.registry import ALIAS, STAGE
from fmnist.tracking import runs
from fmnist.tracking.address import user
from fmnist.tracking.store import Store

EVENT = "fmnist.event."
FOUND, PROMOTED, ROLLED_BACK = "found", "promoted", "rolled back"
LONGEST_WAIT_SECONDS = 1.0
MAXIMUM_TEXT = 2_000  # MLflow's databases hold 5,000 characters of a tag


@dataclass(frozen=True, kw_only=True)
class Event:
    """A version came into Production: by whom, when (UTC), and why."""

    kind: str
    version: str
    by: str
    at: str
    why: str

    @classmethod
    def now(cls, kind: str, version: str, why: str) -> Self:
        """An event of this user, at this moment."""
        return cls(kind=kind, version=version, by=user(), at=_now(), why=why[:MAXIMUM_TEXT])

    def to_json(self) -> str:
        """The event as the value of a tag."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False)


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"


@dataclass(frozen=True)
class State:
    """What the registry holds about one model.

    Attributes:
        events: the log, by the tag that holds each, the oldest first.
        versions: by number.
        alias: the number of the version that has the alias; empty if none has it.
    """

    name: str
    events: dict[str, Event]
    versions: dict[str, ModelVersion]
    alias: str

    @property
    def standing(self) -> list[str]:
        """The versions in the order they came into Production, without what was rolled back."""
        return self._told[0]

    @property
    def put_aside(self) -> dict[str, Event]:
        """The versions that were rolled back and have not come in again, each with the event."""
        return self._told[1]

    @cached_property
    def _told(self) -> tuple[list[str], dict[str, Event]]:
        standing: list[str] = []
        put_aside: dict[str, Event] = {}
        for event in self.events.values():
            put_aside.pop(event.version, None)
            if event.kind == ROLLED_BACK and event.version in standing:
                while standing[-1] != event.version:
                    put_aside[standing.pop()] = event
            else:
                standing.append(event.version)
        return standing, put_aside

    @property
    def why(self) -> str:
        """Why the newest event happened."""
        return list(self.events.values())[-1].why if self.events else ""

    @property
    def staged(self) -> list[str]:
        """The versions in the stage, which should be one."""
        return [str(version.version) for version in registry.staged(self.versions.values())]

    @property
    def current(self) -> ModelVersion | None:
        """The version that is to be in Production; None if there is none or it was deleted."""
        return self.versions.get(self.standing[-1]) if self.standing else None

    @property
    def earlier(self) -> list[ModelVersion]:
        """The versions that a roll-back may put back, the first choice first."""
        numbers = [number for number in self.standing[:-1] if number != self.standing[-1]]
        return [self.versions[number] for number in reversed(numbers) if number in self.versions]

    @property
    def aligned(self) -> bool:
        """Whether stage and alias are where the log says."""
        number = str(self.current.version) if self.current else ""
        return not number or (self.staged == [number] and self.alias == number)


def read(store: Store, name: str) -> State:
    """What the registry holds about a model.

    Raises:
        InvalidInput: if there is no such model, or a tag of its log was damaged.
    """
    model = registry.registered_model(store, name)
    keys = sorted(key for key in model.tags if key.startswith(EVENT))
    return State(
        name,
        {key: _event(name, key, model.tags[key]) for key in keys},
        {str(version.version): version for version in registry.versions(store, name)},
        str(model.aliases.get(ALIAS, "")),
    )


def _event(name: str, key: str, text: str) -> Event:
    try:
        return Event(**json.loads(text))
    except (ValueError, TypeError):
        raise InvalidInput(
            f"model={name}: its tag {key} is no event of its history; delete that tag in MLflow"
        ) from None


def add(store: Store, state: State, event: Event) -> bool:
    """Add an event right after a state's; False, and nothing added, if another one came first.

    MLflow has no compare-and-set. So each writes the next number with an ending of its own, then
    looks, and withdraws where another has written too: of two, the later sees the earlier.
    """
    last = max(state.events, default=f"{EVENT}000000").removeprefix(EVENT)
    place = f"{EVENT}{int(last[:6]) + 1:06d}"
    key = f"{place}.{uuid.uuid4().hex[:8]}"
    store.client.set_registered_model_tag(state.name, key, event.to_json())
    if [found for found in read(store, state.name).events if found >= place] == [key]:
        return True
    store.client.delete_registered_model_tag(state.name, key)
    time.sleep(random.uniform(0, LONGEST_WAIT_SECONDS))
    return False


def align(store: Store, name: str) -> str:
    """Put stage and alias where the log says; returns what was put right, empty if nothing was.

    Who moves them looks again afterwards, so of several that do at once the last one is right.
    """
    state = found = read(store, name)
    if not state.events and state.staged:  # promoted before there was a log, or by hand
        why = f"was in {STAGE} before this history begins"
        add(store, state, Event.now(FOUND, state.staged[0], why))
        state = read(store, name)
    while state.current and not state.aligned:
        _move(store, state.current)
        state = read(store, name)
    if (found.staged, found.alias) == (state.staged, state.alias):
        return ""
    return (
        f"{name}: stage {STAGE} was on version {' and '.join(found.staged) or '-'} and alias "
        f"{ALIAS} on {found.alias or '-'}; both are on {state.alias} now"
    )


def _move(store: Store, version: ModelVersion) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # stages are what our users load by
        store.client.transition_model_version_stage(
            version.name, version.version, STAGE, archive_existing_versions=True
        )
    store.client.set_registered_model_alias(version.name, ALIAS, version.version)


def note(store: Store, version: ModelVersion, decision: str) -> None:
    """Write on a version what was decided about it last: as a tag and in its description."""
    client = store.client
    client.set_model_version_tag(version.name, version.version, runs.DECISION, decision)
    what = (version.description or "").partition("\n\nDecision")[0]
    dated = f"{what}\n\nDecision of {_now()} UTC by {user()}: {decision}"
    client.update_model_version(version.name, version.version, dated)


def roll_back(store: Store, name: str, why: str) -> str:
    """Put back the version that was in Production before; returns what was done.

    Raises:
        InvalidInput: if there is no such model, or no version was there before.
    """
    repaired = align(store, name)
    while True:
        state = read(store, name)
        there = (version for version in state.earlier if not registry.is_deleted(store, version))
        if not (previous := next(there, None)):
            raise InvalidInput(
                f"model={name}: no version to roll back to; in {STAGE} before the present one "
                "was none that still exists"
            )
        left = state.standing[-1]
        reason = f"in place of version {left}" + (f": {why}" if why else "")
        if add(store, state, Event.now(ROLLED_BACK, str(previous.version), reason)):
            break
    align(store, name)
    decision = f"{name} version {previous.version} is back in {STAGE}, {reason}"
    for number in (left, str(previous.version)):
        if number in state.versions:
            note(store, state.versions[number], decision)
    return f"{repaired}; {decision}" if repaired else decision


def history(state: State) -> Table:
    """Who was in Production, from when to when (UTC), and why; the newest first."""
    table = Table(title=f"{state.name} in {STAGE}", title_justify="left", box=box.SIMPLE_HEAD)
    for column in ("version", "since (UTC)", "until", "event", "by", "why"):
        table.add_column(column, overflow="fold")
    until = "now" if state.current else "deleted"
    for event in reversed(state.events.values()):
        table.add_row(event.version, event.at, until, event.kind, event.by, event.why)
        until = event.at
    return table
