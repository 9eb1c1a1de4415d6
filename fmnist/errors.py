"""Refuse invalid input with one line that says what was given and what is accepted."""

from collections.abc import Iterable


class InvalidInput(ValueError):  # noqa: N818 - the user's error, not the program's
    """The user gave something invalid. The message is one line: what is wrong, what is accepted.

    Attributes:
        what: the message without the remedy.
        remedy: what the user can do about it, at the end of the message; empty if that is obvious.
    """

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(f"{what}; {remedy}" if remedy else what)
        self.what, self.remedy = what, remedy


def check(holds: bool, field: str, value: object, accepted: str) -> None:
    """Refuse a field's value unless the condition holds.

    Raises:
        InvalidInput: if it does not hold.
    """
    if not holds:
        raise InvalidInput(f"{field}={value}: accepted is {accepted}")


def check_choice(field: str, value: str, choices: Iterable[str]) -> None:
    """Refuse a field's value unless it is one of the choices.

    Raises:
        InvalidInput: if it is none of them.
    """
    if value not in choices:
        check(False, field, value, "one of " + ", ".join(choices))
