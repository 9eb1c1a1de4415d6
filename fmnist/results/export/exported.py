"""What a file of records holds of a study: a trial, or what a final or an ensemble came to."""

from dataclasses import dataclass

from fmnist.study.trial import digest_of
from fmnist.training.bundle import Record

TRIAL, FINAL, ENSEMBLE = KINDS = "trial", "final", "ensemble"


@dataclass(frozen=True)
class Exported:
    """A trial, or the result of a final or an ensemble, without weights.

    Attributes:
        kind: one of `KINDS`; a result's record has its metrics as summary, and no curves. The
            trial of an ensemble's is its best member.
        classes: of a trial, a byte for each validation image: the class predicted for it.
    """

    kind: str
    record: Record
    classes: bytes = b""

    @property
    def key(self) -> str:
        """The key of the trial, or of that which was chosen; an ensemble's is of its members."""
        return digest_of(self.members) if self.kind == ENSEMBLE else self.record.key

    @property
    def members(self) -> list[str]:
        """The keys of an ensemble's members; of anything else none."""
        listed = self.record.environment.get("members", "")
        return listed.split(",") if self.kind == ENSEMBLE else []

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes it the same as another one: a trial's key, a result's name and choice too."""
        request = self.record.request
        own = () if self.kind == TRIAL else (request.family, request.preset)
        return (self.kind, *own, self.key)
