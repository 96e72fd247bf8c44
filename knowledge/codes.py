"""Codes beyond the statements' own: LOINC of measurements, and the AHA/ACC/HRS list with its pairing rules.

>>> loinc("pr").code
'8625-6'
>>> aha_words("147+367")
'T-wave abnormality, Inversion'
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Annotated, Final

import yaml
from pydantic import Field, TypeAdapter, ValidationError, model_validator

from calipers.errors import CalipersError
from calipers.knowledge.nodes import Entry
from calipers.parameters import GLOBAL_UNITS

_FILE: Final = "codes.yaml"
_LOINC: Final = r"\d{3,5}-\d"


class CodeError(CalipersError):
    """A code is not of its table, or may not stand where it stands."""


class LoincCode(Entry):
    """One LOINC code with the name it is published under."""

    code: Annotated[str, Field(pattern=_LOINC)]
    name: str

    @model_validator(mode="after")
    def _check_digit(self) -> LoincCode:
        if _luhn(self.code.partition("-")[0]) != int(self.code[-1]):
            raise ValueError(f"found `{self.code}`; needed a code whose check digit holds")
        return self


class AhaCode(Entry):
    """One number of the AHA/ACC/HRS list; `ptbxl` says that PTB-XL's own table gives it."""

    name: str
    ptbxl: bool = False


class Secondary(AhaCode):
    """A secondary statement and the primary ones that it may explain."""

    explains: Annotated[tuple[int, ...], Field(alias="with", min_length=1)]


class Modifier(AhaCode):
    """A modifier and the primary statements it may stand behind; empty for all."""

    of: tuple[int, ...] = ()


class Codes(Entry):
    """The whole of `codes.yaml`, checked."""

    loinc: dict[str, LoincCode]
    primary: dict[int, AhaCode]
    secondary: dict[int, Secondary]
    modifiers: dict[int, Modifier]
    convenience: dict[int, AhaCode]
    comparison: dict[int, AhaCode]

    @model_validator(mode="after")
    def _whole(self) -> Codes:
        if unknown := sorted(set(self.loinc) - set(GLOBAL_UNITS)):
            raise ValueError(f"found LOINC for `{unknown[0]}`; needed a measurement name")
        used = {code for item in self.secondary.values() for code in item.explains}
        used |= {code for item in self.modifiers.values() for code in item.of}
        if stray := sorted(used - set(self.primary)):
            raise ValueError(f"found a pairing with `{stray[0]}`; needed a primary statement")
        numbers = [*self.primary, *self.secondary, *self.modifiers, *self.convenience, *self.comparison]
        if len(set(numbers)) < len(numbers):
            raise ValueError("found one number in two tables of the AHA/ACC/HRS list")
        return self


@cache
def codes() -> Codes:
    """The code tables of this installation.

    Raises:
        CodeError: the file does not say what it should.
    """
    text = (files("calipers.knowledge") / _FILE).read_text("utf-8")
    try:
        return TypeAdapter(Codes).validate_python(yaml.safe_load(text))
    except ValidationError as error:
        first = error.errors()[0]
        raise CodeError(f"{_FILE}: {', '.join(map(str, first['loc']))}: {first['msg']}") from error


def loinc(name: str) -> LoincCode | None:
    """The LOINC code of a measurement, or None where none is certain."""
    return codes().loinc.get(name)


def aha_words(code: str) -> str:
    """The words of a code such as `160+332`: a statement and the modifiers behind it.

    Raises:
        CodeError: a number is not of the list, or a modifier may not stand behind this statement.
    """
    core, *modifiers = _numbers(code)
    table = codes()
    statement = table.primary.get(core) or table.secondary.get(core) or table.convenience.get(core)
    if statement is None:
        raise CodeError(f"found AHA code `{code}`; needed a statement of the list first")
    words = [statement.name]
    for number in modifiers:
        modifier = table.modifiers.get(number)
        if modifier is None or (modifier.of and core not in modifier.of) or core in table.secondary:
            raise CodeError(f"found modifier `{number}` in `{code}`; needed one that may stand behind {core}")
        words.append(modifier.name)
    return ", ".join(words)


def explained_by(code: str) -> tuple[int, ...]:
    """The primary statements beside which a secondary one may stand; empty for a code that stands alone."""
    secondary = codes().secondary.get(_numbers(code)[0])
    return secondary.explains if secondary else ()


def _numbers(code: str) -> list[int]:
    if not re.fullmatch(r"\d{1,3}(\+\d{3})*", code):
        raise CodeError(f"found AHA code `{code}`; needed a number such as `160`, or `160+332`")
    return [int(number) for number in code.split("+")]


def _luhn(digits: str) -> int:
    """The check digit of a LOINC code (mod 10)."""
    doubled = [2 * int(digit) if place % 2 == 0 else int(digit) for place, digit in enumerate(reversed(digits))]
    return -sum(value - 9 if value > 9 else value for value in doubled) % 10
