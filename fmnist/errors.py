"""Refusing what makes no sense: one line says what was given, and what is accepted."""

from collections.abc import Iterable


class InvalidInput(ValueError):  # noqa: N818 - it is no error of the program
    """What the user gave makes no sense; one line says what, and what is accepted.

    Attributes:
        what: the line without its remedy.
        remedy: what to do about it, where that needs saying; it ends the line.
    """

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(f"{what}; {remedy}" if remedy else what)
        self.what, self.remedy = what, remedy


def check(holds: bool, field: str, value: object, accepted: str) -> None:
    """Refuse a field's value unless the condition holds."""
    if not holds:
        raise InvalidInput(f"{field}={value}: accepted is {accepted}")


def check_choice(field: str, value: str, choices: Iterable[str]) -> None:
    """Refuse a field's value unless it is one of the choices."""
    if value not in choices:
        check(False, field, value, "one of " + ", ".join(choices))
