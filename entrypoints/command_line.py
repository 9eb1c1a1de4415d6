"""The words of a command line as a verb's values, or refused in one line; and the help."""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from entrypoints.parameters import NONE, Parameter
from fmnist.errors import InvalidInput


class _Parser(argparse.ArgumentParser):
    """Refuses in one line."""

    def error(self, message: str) -> NoReturn:
        raise InvalidInput(message)


def _parser(
    taken: Mapping[str, Parameter], usage: str = "", summary: str = ""
) -> argparse.ArgumentParser:
    """The parser of a verb that takes these parameters."""
    built = _Parser(usage=usage, description=summary, allow_abbrev=False, add_help=False)
    for name, parameter in taken.items():
        told = parameter.help().replace("%", "%%")
        bare: dict[str, Any] = {"nargs": "?", "const": parameter.bare}
        built.add_argument(
            f"--{name}",
            default=parameter.default,
            metavar="VALUE",
            help=told,
            **(bare if parameter.bare else {}),
        )
    return built


def help_text(verb: str, summary: str, taken: Mapping[str, Parameter]) -> str:
    """What `--help` says about a verb."""
    usage = f"python -m entrypoints {verb}" + (" [--PARAMETER VALUE ...]" if taken else "")
    return _parser(taken, usage, summary).format_help().rstrip()


def parse(taken: Mapping[str, Parameter], words: Sequence[str]) -> dict[str, Any]:
    """The values of a verb's parameters; dashes and underscores in their names are the same.

    Raises:
        InvalidInput: if a parameter is unknown or missing, or its value makes no sense.
    """
    known, unknown = _parser(taken).parse_known_args([_underscored(word) for word in words])
    if unknown:
        raise InvalidInput(_unknown(unknown[0], taken))
    return {name: _value(name, taken[name], text) for name, text in vars(known).items()}


def _underscored(word: str) -> str:
    name, equals, text = word.partition("=")
    if not word.startswith("--"):
        return word
    return "--" + name.removeprefix("--").replace("-", "_") + equals + text


def _unknown(word: str, taken: Mapping[str, Parameter]) -> str:
    """Why a word is refused."""
    accepted = f"one of {', '.join(taken)}" if taken else "none"
    if not word.startswith("--"):
        return f"{word}: a parameter is written --NAME VALUE; accepted is {accepted}"
    name = word.removeprefix("--").partition("=")[0]
    return f"{name}: unknown parameter{did_you_mean(name, taken)}; accepted is {accepted}"


def _value(name: str, parameter: Parameter, text: str) -> Any:
    if parameter.required and text == NONE:
        raise InvalidInput(f"{name}: required; accepted is {parameter.accepted}")
    try:
        return parameter.parse(text)
    except InvalidInput:  # of what the text names, and says more
        raise
    except ValueError:
        raise InvalidInput(f"{name}={text}: accepted is {parameter.accepted}") from None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A question after what is nearly a known name; nothing after what is not."""
    close = get_close_matches(word, list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""
