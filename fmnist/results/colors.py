"""One color for each family, in every figure; pure.

Each stands out from white and from near-black, so that figures may show it on either.
"""

from fmnist.study import families
from fmnist.study.families import KFOLD

OF_FAMILY = {
    "mlp_baseline": "#7a8490",
    "mlp_capacity": "#2a97c8",
    "mlp_search": "#3a78d8",
    "mlp_optimizers": "#0f9488",
    "cnn_baseline": "#b98a10",
    "cnn_depth": "#dd7022",
    "cnn_search": "#d24b3e",
    "cnn_augment": "#c4527f",
    "champion_search": "#3f9b4f",
    "wide_search": "#8463d6",
    "small_search": "#a970c9",
    "small_vgg_search": "#7d9a26",
}
# Of all else: a person's own families, ensembles, training beside validation, the worst beside the
# best.
NEUTRAL = "#7f8792"


def of(name: str) -> str:
    """The color of a family; a final and the cross-validation have that of their first family."""
    final = families.finals().get("cnn_final" if name == KFOLD else name)
    return OF_FAMILY.get(final.candidates[0] if final else name, NEUTRAL)
