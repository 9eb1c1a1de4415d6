"""The table of verbs: what each does, which parameters it takes, and which function runs it.

A verb's module is imported only when the verb starts, so that listing the verbs and refusing a
parameter load nothing heavy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from entrypoints import alerts, data_set, loading
from entrypoints import own_parameters as own
from entrypoints.command_line import did_you_mean, parse
from entrypoints.parameters import PARAMETERS, Parameter, options, required_path, required_run
from fmnist.errors import InvalidInput
from fmnist.search import strategies
from fmnist.study.families import FAMILIES, FINALS, KFOLD, Final
from fmnist.study.family import Family

SCALE = ("preset", "epochs", "seed", "precision", "data")
TRAINING = (
    "preset", "epochs", "replicates", "seed", "workers", "cpus", "gpus", "ray_address",
    "deterministic", "precision", "close_stale", "data", "together",
)  # fmt: skip
STRATEGY = ("grid", "strategy", "trials", "max_epochs")


@dataclass(frozen=True)
class Verb:
    """A verb that users start.

    Attributes:
        function: "module:function" in this package. It is called with the parameters' values and
            returns whether everything that was asked for is done.
        subject: the verb's family or final, if several verbs share a function; it is then the
            function's first argument.
        goes_on: whether the verb, started again, resumes from where it was stopped.
        needs_store: whether the verb is refused if the tracking store does not answer.
    """

    name: str
    summary: str
    function: str
    parameters: Mapping[str, Parameter]
    subject: str = ""
    goes_on: bool = False
    needs_store: bool = True

    @property
    def searches(self) -> bool:
        """Whether the verb trains a family's trials, so that people wait for its end elsewhere."""
        return self.subject in FAMILIES or self.name in ("main", "search")

    def accept(self, words: Sequence[str]) -> dict[str, Any]:
        """The values of the verb's parameters in a command line.

        Raises:
            InvalidInput: if a value is invalid, or some values do not go together.
        """
        values = parse(self.parameters, words)
        data_set.use(values)  # first: what follows describes the split of these data
        family = FAMILIES.get(self.subject, values.get("family"))
        if isinstance(family, Family) and "strategy" in values:
            strategies.check(family, options(values))
        elif "preset" in values:
            options(values)
        return values

    def start(self, values: dict[str, Any]) -> bool:
        """Run the verb; returns whether everything that was asked for is done.

        The store is checked first, before importing Keras takes seconds.

        Raises:
            InvalidInput: if the store does not answer, or the verb refuses its values.
        """
        if self.searches:
            alerts.check()
        if self.needs_store:
            from fmnist.tracking import address  # here, since `train` also runs without MLflow

            address.check_reachable(address.tracking_uri())
        module, _, name = self.function.partition(":")
        function = getattr(loading.load(module, trains="workers" in self.parameters), name)
        return bool(function(self.subject, values) if self.subject else function(values))


def _takes(*names: str, **own: Parameter) -> dict[str, Parameter]:
    """Parameters of the shared table, and the verb's own ones."""
    return {name: PARAMETERS[name] for name in names} | own


def _search(name: str) -> Verb:
    summary = f"Search: {FAMILIES[name].question}"
    takes = _takes(*TRAINING, *STRATEGY, "folds")
    return Verb(name, summary, "search:run", takes, name, goes_on=True)


def _final(final: Final) -> Verb:
    summary = f"Select from {' and '.join(final.candidates)}, test once, register and promote"
    # A final beyond the study has no configuration of the study's, but can be refit.
    takes = _takes(*TRAINING, "config" if final.study_family else "refit", "folds")
    return Verb(final.name, summary, "finals:run", takes, final.name, goes_on=True)


_VERBS = (
    Verb(
        "main",
        "Run the whole study: every family, the finals, the cross-validation, the tables",
        "study:run",
        _takes(*TRAINING),
        goes_on=True,
    ),
    *map(_search, FAMILIES),
    Verb(
        "search",
        "Search a family of your own, which a YAML file defines",
        "own_family:search",
        _takes(*TRAINING, *STRATEGY, "folds", family=own.SEARCHED, example=own.EXAMPLE),
        goes_on=True,
    ),
    *map(_final, FINALS.values()),
    Verb(
        "final",
        "Select from a family of your own, test once, register and promote",
        "own_family:final",
        _takes(*TRAINING, "refit", "folds", family=own.FAMILY_FILE),
        goes_on=True,
    ),
    Verb(
        KFOLD,
        "Cross-validate the final CNN over five folds, each also scored on the test set",
        "cross_validation:run",
        _takes(*TRAINING, "config"),
        goes_on=True,
    ),
    Verb(
        "ensemble",
        "Average the probabilities of trials that validation chose, and test the mean once",
        "ensemble:run",
        _takes("preset", "seed", "members", "data"),
    ),
    Verb(
        "plan",
        "Show which trials a verb would run, which are done, and how long the rest takes",
        "plan:run",
        _takes(
            "preset", "epochs", "replicates", "seed", "precision", *STRATEGY, "config", "refit",
            "folds", "data", family=own.PLANNED_FAMILY, requests=own.PLANNED,
        ),
    ),
    Verb(
        "compare",
        "Build the study's tables, with published numbers beside ours",
        "compare:run",
        _takes(*SCALE, output=own.TABLES_FOLDER, details=own.DETAILS),
    ),
    Verb(
        "report",
        "Write the study's report: one HTML file",
        "report:run",
        _takes(*SCALE, output=own.REPORT_FILE),
    ),
    Verb(
        "explore",
        "Show the first 50 images with their labels, and the class balance, as figures",
        "explore:run",
        _takes("data", seed=own.SPLIT_SEED),
    ),
    Verb(
        "predict",
        "Classify images with the model in Production",
        "predict:run",
        _takes("model", path=own.IMAGES, convert=own.CONVERT, output=own.CLASSES),
    ),
    Verb(
        "serve",
        "Serve the model in Production over HTTP on 127.0.0.1",
        "serve:run",
        _takes("model", "port"),
    ),
    Verb(
        "promote",
        "Put a final's model into Production, if it passes the gate",
        "promotion:promote",
        _takes("model", "allow_tie", "data", run=required_run("a final's run")),
    ),
    Verb(
        "rollback",
        "Put back the model that was in Production before",
        "promotion:roll_back",
        _takes("model", "reason"),
    ),
    Verb(
        "history",
        "List which versions were in Production, when and why",
        "promotion:show_history",
        _takes("model"),
    ),
    Verb(
        "replay",
        "Train a recorded trial again, and compare the results bit for bit",
        "replay:run",
        _takes("data", run=required_run("a finished trial's run"), family=own.NETWORK),
    ),
    Verb(
        "train",
        "Train the trials in a file from plan, without a tracking store",
        "train:run",
        _takes(
            "data", "together",
            requests=required_path("The trials to train", "a JSON file that plan writes"),
            output=required_path("Where the bundles are written, for ingest", "a folder"),
            family=own.NETWORK,
        ),
        goes_on=True,
        needs_store=False,
    ),
    Verb(
        "ingest",
        "Record trials from elsewhere: bundles, or records without weights",
        "ingest:run",
        _takes("data", path=own.LEFT),
        goes_on=True,
    ),
    Verb("init", "Create the tracking store before many runs start at once", "init:run", {}),
    Verb(
        "doctor",
        "Check that the study can run here, and say how to fix what is missing",
        "doctor:run",
        {},
        needs_store=False,
    ),
)  # fmt: skip
VERBS: Mapping[str, Verb] = {verb.name: verb for verb in _VERBS}


def find(name: str) -> Verb:
    """The verb with this name; dashes and underscores are the same.

    Raises:
        InvalidInput: if there is none.
    """
    wanted = name.replace("-", "_")
    if wanted not in VERBS:
        hint = did_you_mean(wanted, VERBS)
        raise InvalidInput(f"{name}: unknown verb{hint}; python -m entrypoints lists all")
    return VERBS[wanted]


def listing() -> str:
    """The usage and all verbs, one per line."""
    wide = max(map(len, VERBS))
    lines = [f"  {verb.name:{wide}}  {verb.summary}" for verb in VERBS.values()]
    usage = "usage: python -m entrypoints VERB [--PARAMETER VALUE ...]"
    return "\n".join([usage, "", *lines, "", "python -m entrypoints VERB --help explains one"])
