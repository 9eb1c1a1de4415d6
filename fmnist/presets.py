"""How much of the study runs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """How much of the study runs: images used of 60,000, and the limit of epochs.

    Batch normalization predicts with averages over some hundred steps. A preset that trains hardly
    longer than that would be judged on averages from its beginning, so it averages over fewer.
    """

    samples: int
    epochs: int
    batch_normalization_momentum: float = 0.99


PRESETS: dict[str, Preset] = {
    # The study's own setting.
    "paper": Preset(samples=60_000, epochs=300),
    # The whole study within 10 minutes on 2 cores.
    "quick": Preset(samples=15_000, epochs=5, batch_normalization_momentum=0.9),
    # A family within a minute, for tests.
    "smoke": Preset(samples=1_500, epochs=2, batch_normalization_momentum=0.5),
}
