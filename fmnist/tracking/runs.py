"""What MLflow holds about a run, as plain data; and which runs count."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from fmnist.study.trial import Trial

# Tags of the runs; the contract with everything that queries MLflow.
KIND = "fmnist.kind"
# The kind of a run that MLflow opened for a verb that records nothing: views leave it out.
READ_ONLY = "read-only"
FAMILY = "fmnist.family"
KEY = "fmnist.key"
PRESET = "fmnist.preset"
REPLICATE = "fmnist.replicate"
ATTEMPT = "fmnist.attempt"
TRIAL = "fmnist.trial"
OWNER = "fmnist.owner"
STRATEGY = "fmnist.strategy"
DUPLICATE = "fmnist.duplicate"
WORDS = "fmnist.words"
# Tag and param of a trial: the same for all seeds of one configuration, to group by.
CONFIGURATION = "fmnist.configuration"
EVALUATED_IN = "fmnist.evaluated_in"
# Of a final, and of a promotion: what the gate to Production decided.
DECISION = "fmnist.decision"
# Of a run that read the test set, or changed what is in Production: what was typed for it.
COMMAND = "fmnist.command"
# Of a final: whether its configuration was selected, or is the study's own.
CONFIG = "fmnist.config"
SELECTED, STUDY = "selected", "study"
# Of an ensemble: the keys of the trials that it averages, sorted; its own key is their digest.
MEMBERS = "fmnist.members"
# Of a run that an export brought: what was trained is known, and its weights are not there.
EXPORTED = "fmnist.exported"
# Of a trial, and of what was evaluated: the GPU that trained.
GPU = "fmnist.gpu"
# What an environment must not overwrite.
OWN = frozenset((
    KIND, FAMILY, KEY, PRESET, REPLICATE, ATTEMPT, TRIAL, OWNER, DUPLICATE, WORDS, EVALUATED_IN,
    EXPORTED, CONFIGURATION,
))  # fmt: skip
# What a search's run, or a final's, puts before the params of the configuration that won.
BEST = "best."
BEST_CONFIGURATION = f"{BEST}configuration"
# MLflow's own: a run's name, and the text in Markdown that its page shows.
NAME = "mlflow.runName"
DESCRIPTION = "mlflow.note.content"


@dataclass(frozen=True)
class RunRecord:
    """One MLflow run. Times are milliseconds since 1970; `end_time` is 0 while it runs.

    `metrics` have our names, however the run spells them. `artifact_uri` is where its artifacts
    are: fetching one by the run's id would ask for it again.
    """

    run_id: str
    experiment_id: str
    status: str
    start_time: int
    end_time: int
    tags: dict[str, str]
    metrics: dict[str, float]
    artifact_uri: str = ""

    @property
    def key(self) -> str:
        """The key of the trial that the run records, or, for a final, selected."""
        return self.tags.get(KEY, "")

    @property
    def family(self) -> str:
        """The family, or the final, that the run was made for."""
        return self.tags.get(FAMILY, "")

    @property
    def preset(self) -> str:
        """The preset that the run was made with."""
        return self.tags.get(PRESET, "")

    @property
    def gpu(self) -> str:
        """The model of the GPU that it was trained on; nothing for none.

        Of what came of several trials all that trained them, if a GPU did any.
        """
        return self.tags.get(GPU, "")

    @property
    def hardware(self) -> str:
        """What it was trained on: the model of the GPU, or a processor."""
        return self.gpu or "processor"

    @property
    def has_weights(self) -> bool:
        """Whether what was trained is in the store, and not its record alone."""
        return EXPORTED not in self.tags

    @property
    def selected(self) -> bool:
        """Of a final: whether its configuration was selected, and not asked for as the study's."""
        return self.tags.get(CONFIG, self.asked("config", SELECTED)) == SELECTED

    def asked(self, parameter: str, default: str) -> str:
        """What was typed for a parameter of the run's command."""
        command = self.tags.get(COMMAND, "")
        typed: dict[str, str] = dict(re.findall(r"-P ([a-z_]+)=(\S+)", command))
        return typed.get(parameter, default)

    @property
    def attempt(self) -> int:
        """Which try at its key the run is, from 1."""
        return int(self.tags.get(ATTEMPT, "1"))

    @cached_property
    def trial(self) -> Trial:
        """The trial that the run records."""
        return Trial.from_canonical(json.loads(self.tags[TRIAL]))


def finished(records: Iterable[RunRecord]) -> dict[str, RunRecord]:
    """The run that counts for each key: of the finished ones, with weights, the first to end.

    One that was recorded when the key was done already comes after that, whenever it ended.
    """
    first: dict[str, RunRecord] = {}
    for record in sorted(records, key=_order_of_counting):
        if record.status == "FINISHED":
            first.setdefault(record.key, record)
    return first


def _order_of_counting(run: RunRecord) -> tuple[bool, bool, int, str]:
    return not run.has_weights, DUPLICATE in run.tags, run.end_time, run.run_id


def attempts(records: Iterable[RunRecord]) -> dict[str, int]:
    """How often each key was tried."""
    tried: dict[str, int] = {}
    for record in records:
        tried[record.key] = max(tried.get(record.key, 0), record.attempt)
    return tried


def environment_tag(name: str) -> str:
    """The tag that says one thing about where a trial ran."""
    return f"fmnist.{name}"


def canonical_text(trial: Trial) -> str:
    """A trial as the text of a tag."""
    return json.dumps(trial.canonical(), sort_keys=True)


def chosen_tags(final: str, trial: Trial, words: str) -> dict[str, str]:
    """Tags of a final: which trial it chose, for machines and for people."""
    named = {WORDS: words, NAME: f"{final} {words}"}
    return {KEY: trial.key, TRIAL: canonical_text(trial), **named}


def gpu_tags(trained: Iterable[RunRecord]) -> dict[str, str]:
    """The tag of what came of some trials that says what trained them; none if no GPU did."""
    known = list(trained)
    names = ", ".join(sorted({run.hardware for run in known}))
    return {GPU: names} if any(run.gpu for run in known) else {}
