"""MLflow's runs as plain data, the names of their tags, and which runs count."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from fmnist.study.trial import Trial

# The tags of runs. Everything that queries MLflow relies on them.
KIND = "fmnist.kind"
# The kind of a run that `mlflow run` opened for a verb that only reads; views leave it out.
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
# A tag and a param of trials: the same for all seeds of a configuration, to group by.
CONFIGURATION = "fmnist.configuration"
EVALUATED_IN = "fmnist.evaluated_in"
# Of a final, and of a promotion: what the gate to Production decided.
DECISION = "fmnist.decision"
# Of a run that read the test set, or changed what is in Production: what was typed for it.
COMMAND = "fmnist.command"
# Whether a final's configuration was selected, or is the study's own.
CONFIG = "fmnist.config"
SELECTED, STUDY = "selected", "study"
# The sorted keys of the trials that an ensemble averages; its own key is their digest.
MEMBERS = "fmnist.members"
# Marks a run from an export, which has no weights; the value is the run that ingested it.
EXPORTED = "fmnist.exported"
# When the test set was read, where that was not at a run's end: of what an export brought of a
# final or an ensemble, and of a fold that was scored later.
TESTED_AT = "fmnist.tested_at"
# The name of the data set of a run, where that is another one than Fashion-MNIST.
DATA = "fmnist.data"
# The GPU that trained a trial, or the models of an evaluated run.
GPU = "fmnist.gpu"
# The tags that an exported environment must not overwrite.
OWN = frozenset((
    KIND, FAMILY, KEY, PRESET, REPLICATE, ATTEMPT, TRIAL, OWNER, DUPLICATE, WORDS, EVALUATED_IN,
    EXPORTED, CONFIGURATION, TESTED_AT,
))  # fmt: skip
# What a search's run, or a final's, puts before the params of the configuration that won.
BEST = "best."
BEST_CONFIGURATION = f"{BEST}configuration"
# MLflow's own tags: a run's name, and the Markdown that its page shows.
NAME = "mlflow.runName"
DESCRIPTION = "mlflow.note.content"


@dataclass(frozen=True)
class RunRecord:
    """One MLflow run.

    Attributes:
        status: MLflow's: RUNNING, FINISHED, FAILED or KILLED.
        start_time: in milliseconds since 1970.
        end_time: in milliseconds since 1970; 0 while it runs.
        metrics: the last values, by our names; see `study.metrics`.
        artifact_uri: the location of its artifacts, which saves MLflow a request per download.
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
        """The key of the run's trial; for a final, of the trial that it chose."""
        return self.tags.get(KEY, "")

    @property
    def family(self) -> str:
        """The family or the final of the run."""
        return self.tags.get(FAMILY, "")

    @property
    def preset(self) -> str:
        """The preset of the run."""
        return self.tags.get(PRESET, "")

    @property
    def gpu(self) -> str:
        """The model of the GPU that trained the run; empty for none.

        For a run of several trials, all hardware that trained them, if a GPU trained any.
        """
        return self.tags.get(GPU, "")

    @property
    def hardware(self) -> str:
        """The hardware that trained the run: the model of the GPU, or "processor"."""
        return self.gpu or "processor"

    @property
    def has_weights(self) -> bool:
        """Whether the trained weights are in the store, instead of only the record."""
        return EXPORTED not in self.tags

    @property
    def tested_at(self) -> int:
        """When the run had read the test set, if it does; 0 where an export does not say it."""
        by_its_end = self.has_weights or self.tags.get(KIND) == "trial"
        return int(self.tags.get(TESTED_AT, self.end_time if by_its_end else 0))

    @property
    def selected(self) -> bool:
        """Whether a final's configuration was selected, instead of being the study's own."""
        return self.tags.get(CONFIG, self.asked("config", SELECTED)) == SELECTED

    def asked(self, parameter: str, default: str) -> str:
        """The value of a parameter in the run's command, or the default."""
        command = self.tags.get(COMMAND, "")
        typed: dict[str, str] = dict(re.findall(r"-P ([a-z_]+)=(\S+)", command))
        return typed.get(parameter, default)

    @property
    def data_set(self) -> tuple[str, str]:
        """The digests of its trial's data set, see `Identity.digests`; empty for Fashion-MNIST."""
        data = json.loads(self.tags.get(TRIAL, "{}")).get("data", {})
        return data.get("training_set", ""), data.get("test_set", "")

    @property
    def attempt(self) -> int:
        """The number of this attempt at the trial, from 1."""
        return int(self.tags.get(ATTEMPT, "1"))

    @cached_property
    def trial(self) -> Trial:
        """The trial that the run records."""
        return Trial.from_canonical(json.loads(self.tags[TRIAL]))


def finished(records: Iterable[RunRecord]) -> dict[str, RunRecord]:
    """The run that counts for each key: the first finished run to end.

    Any run with weights goes before runs without. Among these, a duplicate, which was recorded when
    the key was already done, comes last.
    """
    first: dict[str, RunRecord] = {}
    for record in sorted(records, key=_order_of_counting):
        if record.status == "FINISHED":
            first.setdefault(record.key, record)
    return first


def _order_of_counting(run: RunRecord) -> tuple[bool, bool, int, str]:
    return not run.has_weights, DUPLICATE in run.tags, run.end_time, run.run_id


def attempts(records: Iterable[RunRecord]) -> dict[str, int]:
    """The highest attempt at each key so far."""
    tried: dict[str, int] = {}
    for record in records:
        tried[record.key] = max(tried.get(record.key, 0), record.attempt)
    return tried


def environment_tag(name: str) -> str:
    """The tag for one entry of a trial's environment."""
    return f"fmnist.{name}"


def canonical_text(trial: Trial) -> str:
    """A trial as JSON, for a tag."""
    return json.dumps(trial.canonical(), sort_keys=True)


def chosen_tags(final: str, trial: Trial, words: str) -> dict[str, str]:
    """The tags that say which trial a final chose, for programs and for people."""
    named = {WORDS: words, NAME: f"{final} {words}"}
    return {KEY: trial.key, TRIAL: canonical_text(trial), **named}


def gpu_tags(trained: Iterable[RunRecord]) -> dict[str, str]:
    """The tag with all hardware that trained some trials; empty if no GPU did."""
    known = list(trained)
    names = ", ".join(sorted({run.hardware for run in known}))
    return {GPU: names} if any(run.gpu for run in known) else {}
