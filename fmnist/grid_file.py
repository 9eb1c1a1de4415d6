"""Read a grid from a YAML file: one block of field: [values], or a list of such blocks."""

from pathlib import Path
from typing import Any

import yaml

from fmnist.family import Grid, expand
from fmnist.validation import InvalidInput

EXPECTED = "a block of field: [values], or a list of blocks"


def read(path: Path) -> Grid:
    """The grid in a file; its fields and values are checked where they become trials.

    Raises:
        InvalidInput: if the file is missing, is no YAML, or is not of the expected form.
    """
    try:
        content = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError):
        raise InvalidInput(f"grid={path}: cannot be read; accepted is a YAML file") from None
    except (yaml.YAMLError, ValueError) as error:
        line = " ".join(str(error).split())
        raise InvalidInput(f"grid={path}: not YAML ({line})") from None
    blocks = content if isinstance(content, list) else [content]
    for block in blocks:
        _check_block(path, block)
    expand(blocks)
    return blocks


def _check_block(path: Path, block: Any) -> None:
    if not isinstance(block, dict) or not block or not all(isinstance(name, str) for name in block):
        raise InvalidInput(f"grid={path}: accepted is {EXPECTED}")
    for field, values in block.items():
        if not isinstance(values, list) or not values:
            raise InvalidInput(f"grid={path}: {field} takes a list of one or more values")
        for value in values:
            if not isinstance(value, bool | int | float | str):
                raise InvalidInput(f"grid={path}: {field} takes numbers or text, not {value!r}")
