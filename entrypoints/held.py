"""Which presets a store holds, and which one is shown if the one asked for is missing."""

from dataclasses import replace
from pathlib import Path

from rich.console import Console

from fmnist.errors import InvalidInput
from fmnist.study.options import PRESETS, Options
from fmnist.tracking.runs import PRESET
from fmnist.tracking.store import Store


def presets(store: Store) -> list[str]:
    """The presets of which a store holds a finished trial."""
    return [preset for preset in PRESETS if _holds(store, preset)]


def _holds(store: Store, preset: str) -> bool:
    return store.has_trial(f"tags.`{PRESET}` = '{preset}'", "attributes.status = 'FINISHED'")


def nothing(options: Options, store: Store, output: Path) -> InvalidInput:
    """The refusal to write what is recorded as the options ask, if that is nothing."""
    known = " or ".join(presets(store)) or "none: this store is empty"
    return InvalidInput(
        f"output={output}: nothing is recorded at preset={options.preset}, "
        f"epochs={options.epoch_limit}, seed={options.split_seed}; accepted is what this store "
        f"holds, of the presets {known}"
    )


def shown(options: Options, store: Store, console: Console) -> Options:
    """The options, or those of the only preset that the store holds, where it lacks theirs.

    Either is said: what is shown is not what was asked for.
    """
    held = presets(store)
    if options.preset in held or not held:
        return options
    if len(held) > 1:
        console.print(
            f"Nothing is recorded at preset={options.preset}; this store holds "
            f"{' and '.join(held)}: choose one with preset={held[0]}",
            soft_wrap=True,
        )
        return options
    (only,) = held
    console.print(
        f"Nothing is recorded at preset={options.preset}: shown is preset={only}, the only one in "
        "this store",
        soft_wrap=True,
    )
    return replace(options, preset=only)
