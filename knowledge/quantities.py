"""The names a criterion may measure, with their units, and the small arithmetic over them.

A quantity is written as in a paper: `pr`, `V1.s_amp`, `abs(V3.s_amp) + aVL.r_amp`,
`max(V5.r_amp, V6.r_amp)`, `atrial_rate / hr`. Inside a list of leads a bare per-lead name (`st_j`) means
the lead at hand; inside a list of beats `beat.qrs` means the beat at hand. `axis(x, y)` is the direction
of a frontal vector in degrees, 0 along x. Uncertainties propagate as if the errors were independent;
`abs`, `max` and `min` keep the standard deviation of the term they pick, which is exact away from ties
and zero.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import cache
from math import atan2, degrees, hypot
from typing import Final, Literal, NamedTuple

from calipers.evidence import Measurement, measurement_id
from calipers.knowledge.truth import HALF_WIDTHS_PER_SD, Estimate
from calipers.leads import LEADS, Lead
from calipers.parameters import GLOBAL_UNITS, LEAD_UNITS, PARAMETERS, WORDS

_BY_LEAD: Final[dict[str, Lead]] = {lead: lead for lead in LEADS}
_CALLS: Final = ("abs", "max", "min", "axis")
_OPERATORS: Final[dict[type[ast.operator], str]] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


class Reading(NamedTuple):
    """A quantity on one ECG: None when something it needs was not measurable, with what is missing."""

    estimate: Estimate | None
    text: str | None
    ids: tuple[str, ...]
    missing: tuple[str, ...]


class Quantity:
    """One parsed quantity. `unit` is derived from its names.

    `free_lead` says that it needs a lead to be read, `of_a_beat` that it needs a beat.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        try:
            self._tree = ast.parse(source, mode="eval").body
        except SyntaxError as error:
            raise ValueError(f"found `{source}`; needed a quantity such as `abs(V3.s_amp) + aVL.r_amp`") from error
        self._names: list[tuple[Lead | Literal["beat"] | None, str]] = []
        self.unit = self._unit(self._tree)
        self.free_lead = any(own is None and name in LEAD_UNITS for own, name in self._names)
        self.of_a_beat = any(own == "beat" for own, _ in self._names)
        self.is_text = any(name in WORDS for _, name in self._names)
        if self.is_text and not isinstance(self._tree, ast.Name | ast.Attribute):
            raise ValueError(f"found arithmetic on text in `{source}`")
        self.ids = cache(self._ids)

    def read(
        self, measurements: Mapping[str, Measurement], lead: Lead | None = None, beat: int | None = None
    ) -> Reading:
        """Read the quantity off one ECG's measurements, in one lead or of one beat where it asks for that."""
        ids = self.ids(lead, beat)
        missing = tuple(id_ for id_ in ids if unmeasured(measurements, id_))
        if missing:
            return Reading(None, None, ids, missing)
        if self.is_text:
            return Reading(None, str(measurements[ids[0]].value), ids, ())
        value = _evaluate(self._tree, measurements, lead, beat)
        return Reading(value, None, ids, () if value is not None else ids)

    def _ids(self, lead: Lead | None, beat: int | None = None) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(
                measurement_id(name, beat=beat)
                if own == "beat"
                else measurement_id(name, own or (lead if name in LEAD_UNITS else None))
                for own, name in self._names
            )
        )

    def _unit(self, node: ast.expr) -> str:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return ""
        if isinstance(node, ast.Name):
            return self._name_unit(node.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == "beat":
                return self._beat_unit(node.attr)
            if node.value.id not in _BY_LEAD or node.attr not in LEAD_UNITS:
                raise ValueError(f"found `{node.value.id}.{node.attr}`; needed a known lead and per-lead measurement")
            self._names.append((_BY_LEAD[node.value.id], node.attr))
            return LEAD_UNITS[node.attr]
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            return self._combined_unit(_OPERATORS[type(node.op)], self._unit(node.left), self._unit(node.right))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
            units = [self._unit(argument) for argument in node.args]
            if len(set(units)) != 1 or node.keywords:
                raise ValueError(f"found different units in `{self.source}`")
            if node.func.id == "axis" and len(units) != 2:
                raise ValueError(f"found {len(units)} terms of `axis` in `{self.source}`; needed two")
            return "deg" if node.func.id == "axis" else units[0]
        raise ValueError(
            f"found `{ast.unparse(node)}` in `{self.source}`; needed names, numbers, + - * /, abs, max, min, axis"
        )

    def _name_unit(self, name: str) -> str:
        if name not in GLOBAL_UNITS and name not in LEAD_UNITS:
            raise ValueError(f"found `{name}`; needed a known measurement name")
        self._names.append((None, name))
        return GLOBAL_UNITS.get(name, LEAD_UNITS.get(name, ""))

    def _beat_unit(self, name: str) -> str:
        if name not in PARAMETERS or not PARAMETERS[name].by_beat or name in LEAD_UNITS:
            raise ValueError(
                f"found `beat.{name}`; needed a measurement of the whole heart that is written beat by beat"
            )
        self._names.append(("beat", name))
        return PARAMETERS[name].unit

    def _combined_unit(self, operator: str, left: str, right: str) -> str:
        if operator == "/":
            return "" if left == right else f"{left}/{right}" if right else left
        if operator == "*":
            return " ".join(unit for unit in (left, right) if unit)
        if left != right:
            raise ValueError(f"found `{left}` {operator} `{right}` in `{self.source}`; needed equal units")
        return left


def unmeasured(measurements: Mapping[str, Measurement], id_: str) -> bool:
    """Whether an id has no value on this ECG, absent ids included."""
    if id_ not in measurements:
        return True
    item = measurements[id_]
    return item.status != "measured" or item.value is None


def leads_of(ids: Iterable[str]) -> tuple[Lead, ...]:
    """The leads that measurement ids speak of, each once."""
    return tuple(dict.fromkeys(_BY_LEAD[id_.partition(".")[0]] for id_ in ids if "." in id_))


def _estimate(item: Measurement) -> Estimate | None:
    number = item.number
    return None if number is None else Estimate(number, (item.uncertainty or 0.0) / HALF_WIDTHS_PER_SD)


def _evaluate(
    node: ast.expr, measurements: Mapping[str, Measurement], lead: Lead | None, beat: int | None
) -> Estimate | None:
    if isinstance(node, ast.Name):
        return _estimate(measurements[measurement_id(node.id, lead if node.id in LEAD_UNITS else None)])
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        own = node.value.id
        return _estimate(measurements[measurement_id(node.attr, beat=beat) if own == "beat" else f"{own}.{node.attr}"])
    if isinstance(node, ast.BinOp):
        left = _evaluate(node.left, measurements, lead, beat)
        right = _evaluate(node.right, measurements, lead, beat)
        return None if left is None or right is None else _combine(_OPERATORS[type(node.op)], left, right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _called(node.func.id, [_evaluate(argument, measurements, lead, beat) for argument in node.args])
    assert isinstance(node, ast.Constant)
    return Estimate(float(str(node.value)), 0.0)


def _called(name: str, terms: list[Estimate | None]) -> Estimate | None:
    known = [term for term in terms if term is not None]
    if len(known) < len(terms):
        return None
    if name == "abs":
        return Estimate(abs(known[0].value), known[0].sd)
    if name == "axis":
        return _direction(*known)
    return max(known) if name == "max" else min(known)


def _direction(x: Estimate, y: Estimate) -> Estimate | None:
    length = hypot(x.value, y.value)
    if length == 0.0:
        return None
    sd = hypot(x.value * y.sd, y.value * x.sd) / length**2
    return Estimate(degrees(atan2(y.value, x.value)), degrees(sd))


def _combine(operator: str, left: Estimate, right: Estimate) -> Estimate | None:
    if operator == "+":
        return Estimate(left.value + right.value, hypot(left.sd, right.sd))
    if operator == "-":
        return Estimate(left.value - right.value, hypot(left.sd, right.sd))
    if operator == "*":
        return Estimate(left.value * right.value, hypot(left.value * right.sd, right.value * left.sd))
    if right.value == 0.0:
        return None
    ratio = left.value / right.value
    return Estimate(ratio, hypot(left.sd / right.value, ratio * right.sd / right.value))
