"""All experiment families and finals: the study's, those beyond it, and a person's own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from fmnist.errors import InvalidInput
from fmnist.study.beyond import BEYOND
from fmnist.study.family import Family, not_as_run
from fmnist.study.options import AS_RUN, Scale
from fmnist.study.options import command as options_command
from fmnist.study.study_families import FAMILIES as FAMILIES_OF_STUDY
from fmnist.study.trial import Point

STUDY: Mapping[str, Family] = {family.name: family for family in FAMILIES_OF_STUDY}
FAMILIES: Mapping[str, Family] = {**STUDY, **{family.name: family for family in BEYOND}}


_own: dict[str, Family] = {}


def add(family: Family) -> None:
    """Make a person's own family known to this process, from its file or from a store."""
    _own[family.name] = family


def known() -> dict[str, Family]:
    """All families by name: the study's, those beyond it, and the person's own."""
    return {**FAMILIES, **_own}


def is_own(name: str) -> bool:
    """Whether a family, or a final, is a person's own."""
    return name.removesuffix(OWN_FINAL) in _own


def get(name: str) -> Family:
    """The family of that name.

    Raises:
        InvalidInput: if there is none.
    """
    there = known()
    if name not in there:
        raise InvalidInput(f"family={name}: accepted is one of {', '.join(there)}")
    return there[name]


@dataclass(frozen=True, kw_only=True)
class Final:
    """A final: it selects a configuration, evaluates it on the test set and registers the model.

    Attributes:
        candidates: the families that it selects from.
        registered_model: the name in the model registry.
        study_family: the family of the study's own winner; empty for a final beyond the study.
        study_point: the study's own winner, as its text describes it.
        as_run_point: the same as its author ran it, if that differs.
        trained_again: whether the author trained his winner once more.
    """

    name: str
    candidates: tuple[str, ...]
    registered_model: str
    study_family: str = ""
    study_point: Point = field(default_factory=dict)
    as_run_point: Point = field(default_factory=dict)
    trained_again: bool = False

    def point(self, preset: str) -> Point:
        """The study's own winner: as the author ran it for his preset, else as the text has it."""
        return (preset == AS_RUN and self.as_run_point) or self.study_point


_FINALS = (
    Final(
        name="mlp_final",
        candidates=("mlp_search", "mlp_optimizers"),
        registered_model="fmnist-mlp",
        study_family="mlp_optimizers",
        study_point={"batch_size": 256, "optimizer": "adam", "learning_rate": 1e-3},
        as_run_point={"batch_size": 384, "optimizer": "adam", "learning_rate": 1e-3},
        trained_again=True,
    ),
    Final(
        name="cnn_final",
        candidates=("cnn_search", "cnn_depth"),
        registered_model="fmnist-cnn",
        study_family="cnn_search",
        study_point={"architecture": "3x128", "dropout": 0.25},
    ),
    Final(
        name="champion_final",
        candidates=("champion_search", "wide_search"),
        registered_model="fmnist-champion",
    ),
    Final(
        name="small_final",
        candidates=("small_search", "small_vgg_search"),
        registered_model="fmnist-small",
    ),
)
FINALS: Mapping[str, Final] = {final.name: final for final in _FINALS}
STUDY_FINALS = tuple(final.name for final in _FINALS if final.study_family)
KFOLD = "cnn_kfold"
# What follows a person's own family in the name of its final.
OWN_FINAL = "_final"
# Names that a person's own family may not have: runs and registered models have them.
RESERVED = frozenset(
    (
        *FAMILIES,
        *FINALS,
        KFOLD,
        *(final.registered_model.removeprefix("fmnist-") for final in _FINALS),
    )
)


def may_be_own(name: str) -> bool:
    """Whether a person may give their own family this name."""
    fits = re.fullmatch(r"[a-z][a-z0-9_]{1,39}", name)
    return bool(fits) and name not in RESERVED and not name.endswith(OWN_FINAL)


def may_have_trials(name: str) -> bool:
    """Whether a trial may be of that family: one of ours, the cross-validation, a person's own."""
    return name in (*FAMILIES, KFOLD) or may_be_own(name)


def finals() -> dict[str, Final]:
    """All finals by name; that of a person's own family registers `fmnist-` and its name."""
    own = (
        Final(name=f"{name}{OWN_FINAL}", candidates=(name,), registered_model=f"fmnist-{name}")
        for name in _own
    )
    return {**FINALS, **{final.name: final for final in own}}


def command(name: str, options: Scale, **more: object) -> str:
    """The `mlflow run` command of a family or a final; a person's own is named by its file."""
    if not is_own(name):
        return options_command(name, options, **more)
    entry = "final" if name.endswith(OWN_FINAL) else "search"
    own = _own[name.removesuffix(OWN_FINAL)]
    file = own.file or f"{own.name}.yaml"
    return options_command(entry, options, family=file, **more)


def check_preset(name: str, preset: str) -> None:
    """Raise InvalidInput for the preset "as_run" and what the study's author did not run."""
    if preset == AS_RUN and name not in (*STUDY, *STUDY_FINALS):
        raise not_as_run(name)
