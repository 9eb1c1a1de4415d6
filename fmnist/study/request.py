"""A request for a trial, as it is sent to the process that trains it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from fmnist.errors import check, check_choice
from fmnist.study.options import PRESETS
from fmnist.study.trial import Trial

MAXIMUM_LABEL = 2_000
PARTS = {"train", "test"}


@dataclass(frozen=True, kw_only=True)
class Request:
    """A trial to be trained.

    Attributes:
        family: the family, or the entry, that asks for the trial.
        label: the trial's name for people, unique in its search.
        attempt: 1 for the first attempt at this trial; an attempt may fail or be killed.
        evaluate: the images to score besides validation: "train", "test".
        deterministic: ask the backend for operations that give the same bits every time.
        to_be_continued: keep the last state, for a trial that continues this one.

    Raises:
        InvalidInput: if a field is invalid, since a request may come from a file.
    """

    trial: Trial
    family: str
    preset: str
    label: str = ""
    attempt: int = 1
    evaluate: tuple[str, ...] = ()
    deterministic: bool = False
    to_be_continued: bool = False

    def __post_init__(self) -> None:
        check_choice("preset", self.preset, PRESETS)
        fits = len(self.label) <= MAXIMUM_LABEL and self.label.isprintable()
        check(fits, "label", self.label[:80], f"a line of up to {MAXIMUM_LABEL} characters")
        counted = type(self.attempt) is int and 1 <= self.attempt <= 1_000
        check(counted, "attempt", self.attempt, "1 to 1000")
        check(set(self.evaluate) <= PARTS, "evaluate", self.evaluate, "some of test, train")
        for name in ("deterministic", "to_be_continued"):
            value = getattr(self, name)
            check(type(value) is bool, name, value, "true or false")

    def to_plain(self) -> dict[str, Any]:
        """The request as data for JSON, which `Request.from_plain` reads back."""
        return {**vars(self), "trial": self.trial.canonical(), "evaluate": list(self.evaluate)}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Rebuild a request, validating its trial again.

        Raises:
            InvalidInput: if a field is invalid.
            KeyError, TypeError: if a field is missing or unknown.
        """
        trial = Trial.from_canonical(plain["trial"])
        return cls(**{**plain, "trial": trial, "evaluate": tuple(plain["evaluate"])})
