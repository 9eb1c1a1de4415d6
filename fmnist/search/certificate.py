"""A search's certificate: how many of its trials are done, and why the others are not."""

import dataclasses
import json
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """How many of a search's trials are done, and why the others are not.

    Attributes:
        expected: how many trials the search was to do.
        done: how many of them are done, reused ones included.
        reused: how many were done before this search began.
        failed: the error of each failed trial, by label.
        missing: labels of trials that are neither done nor failed.
        unrecorded: how many finished trials wait on disk for the tracking store.
    """

    family: str
    expected: int
    done: int
    reused: int
    failed: dict[str, str]
    missing: list[str]
    unrecorded: int = 0

    @property
    def complete(self) -> bool:
        """Whether everything expected is done and recorded."""
        return self.done == self.expected and not self.unrecorded

    def to_json(self) -> str:
        """The certificate as JSON, for an artifact."""
        return json.dumps({**dataclasses.asdict(self), "complete": self.complete}, indent=1)

    @property
    def counts(self) -> str:
        """The counts in one line for people."""
        return (
            f"{self.family}: expected {self.expected}, done {self.done} (reused {self.reused}), "
            f"failed {len(self.failed)}, missing {len(self.missing)}"
        )

    def lines(self) -> list[str]:
        """Lines for people: the counts, each failure, the missing and the unrecorded trials."""
        lines = [self.counts]
        lines += [f"  failed: {label}: {error}" for label, error in self.failed.items()]
        if self.missing:
            lines.append(f"  missing: {', '.join(self.missing)}")
        if self.unrecorded:
            lines.append(
                f"  {self.unrecorded} finished trials wait on disk for the tracking store; "
                "the next search records them first"
            )
        return lines

    def tags(self) -> dict[str, str]:
        """The counts as tags of the search's run."""
        counts = {
            "expected": self.expected,
            "done": self.done,
            "reused": self.reused,
            "failed": len(self.failed),
            "missing": len(self.missing),
        }
        return {f"fmnist.{name}": str(count) for name, count in counts.items()}
