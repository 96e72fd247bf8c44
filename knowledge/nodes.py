"""The trees of criteria: what one node of them may say.

A criterion is one step a clinician would name. It compares a quantity (`value` with `above`, `at_least`,
`below`, `at_most`, `arc`, `one_of`, `matches`), asks the same of several leads (`leads`, `need`, `where`)
or of several beats (`beats`, `need`, `where`), asks whether something was `measured`, or refers to another statement. `all`, `any`, `not` and
`if / then / else` combine criteria.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    field_validator,
    model_validator,
)

from calipers.knowledge.quantities import Quantity
from calipers.knowledge.truth import Arc, Comparison
from calipers.leads import Lead
from calipers.parameters import LEAD_UNITS
from calipers.report import Demographics

_LIMIT = re.compile(r"(-?\d+(?:\.\d+)?)\s*(\S.*)?")
_ARC = re.compile(r"([\[(])\s*(-?\d+)\s*,\s*(-?\d+)\s*([\])])\s*deg")
NAME = r"^[a-z][a-z0-9_]*$"


class Entry(BaseModel):
    """Base of everything read from a criteria file: immutable, and a misspelt field is an error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, ignored_types=(cached_property,)
    )


class Amount(NamedTuple):
    """A limit with its unit, printed as it is written: `200 ms`."""

    value: float
    unit: str

    def __str__(self) -> str:
        return f"{self.value:g} {self.unit}".strip() if self.unit != "/min" else f"{self.value:g}/min"


def _amount(text: Any) -> Any:
    if isinstance(text, Amount):
        return text
    match = _LIMIT.fullmatch(str(text).strip())
    if match is None:
        raise ValueError(f"found `{text}`; needed a limit with its unit such as `200 ms`")
    return Amount(float(match[1]), match[2] or "")


class Limit(Entry):
    """One limit and for whom it holds: the first row that fits the patient and the lead applies."""

    limit: Annotated[Amount, BeforeValidator(_amount)]
    sex: Literal["male", "female"] | None = None
    min_age: float | None = None
    below_age: float | None = None
    leads: tuple[Lead, ...] = ()

    def fits(self, patient: Demographics, lead: Lead | None) -> bool:
        """Whether this row speaks of such a patient and lead; age and sex must be known to restrict."""
        return (
            (not self.leads or lead in self.leads)
            and self.sex in (None, patient.sex)
            and (self.min_age is None or (patient.age is not None and patient.age >= self.min_age))
            and (self.below_age is None or (patient.age is not None and patient.age < self.below_age))
        )


def _limits(rows: Any) -> Any:
    return rows if isinstance(rows, list | tuple | None) else [{"limit": rows}]


Limits = Annotated[tuple[Limit, ...], BeforeValidator(_limits)]


class Named(Entry):
    """What every criterion says of itself. `text` prints the applied limit at `{limit}`."""

    id: Annotated[str, Field(pattern=NAME)]
    text: str
    source: str | None = None
    section: str | None = None
    operational: str | None = None
    phrase: str | None = None
    may_be_missing: bool = False

    @field_validator("text")
    @classmethod
    def _limits_are_slots(cls, text: str) -> str:
        if re.search(r"\d", re.sub(r"\bV[1-9]R?\b|\{limit\}|12-lead|[23]:1", "", text)):
            raise ValueError(f"found a digit in `{text}`; needed `{{limit}}` so that text and threshold cannot part")
        return text


class Compare(Named):
    """A quantity against a limit, an arc of the frontal plane, or a set of QRS patterns."""

    value: Annotated[Quantity, BeforeValidator(lambda source: Quantity(str(source)))]
    above: Limits | None = None
    at_least: Limits | None = None
    below: Limits | None = None
    at_most: Limits | None = None
    arc: str | None = None
    one_of: tuple[str, ...] | None = None
    matches: str | None = None

    @model_validator(mode="after")
    def _one_test(self) -> Compare:
        tests = [
            name for name in (*get_args(Comparison), "arc", "one_of", "matches") if getattr(self, name) is not None
        ]
        if len(tests) != 1:
            raise ValueError(f"found {tests or 'no test'}; needed exactly one test of `value`")
        if self.value.is_text != (tests[0] in ("one_of", "matches")):
            raise ValueError(f"found `{tests[0]}` of `{self.value.source}`; needed a test that suits it")
        for row in self.limits:
            if row.limit.unit != self.value.unit:
                raise ValueError(f"found limit `{row.limit}` for `{self.value.source}` in `{self.value.unit}`")
        if self.arc is not None and (self.value.unit != "deg" or not _ARC.fullmatch(self.arc)):
            raise ValueError(f"found `{self.arc}`; needed an arc such as `[-90, -30) deg` of an axis")
        return self

    @cached_property
    def comparison(self) -> Comparison | None:
        """Which of the four comparisons this is, if any."""
        return next((name for name in get_args(Comparison) if getattr(self, name) is not None), None)

    @property
    def limits(self) -> tuple[Limit, ...]:
        """The rows of limits, in the order in which they are tried."""
        return self.above or self.at_least or self.below or self.at_most or ()

    @cached_property
    def parsed_arc(self) -> Arc | None:
        """The arc, if this tests an axis."""
        match = _ARC.fullmatch(self.arc or "")
        return Arc(float(match[2]), float(match[3]), match[1] == "[", match[4] == "]") if match else None

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """What `matches` searches for."""
        return re.compile(self.matches) if self.matches else None


class Measured(Named):
    """The named quantities were measured at all: what a statement of normality needs."""

    measured: tuple[str, ...]

    @field_validator("measured")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            Quantity(name)
        return names

    @cached_property
    def free_lead(self) -> bool:
        """Whether it needs a lead to be read."""
        return any(name in LEAD_UNITS for name in self.measured)


class InLeads(Named):
    """The same question in several leads: `need` of them, or two that are contiguous."""

    leads: tuple[Lead, ...]
    need: int | Literal["all"]
    contiguous: bool = False
    where: Node

    @model_validator(mode="after")
    def _enough_leads(self) -> InLeads:
        if self.contiguous and self.need != 2:
            raise ValueError("found `contiguous`; needed `need: 2` beside it")
        if isinstance(self.need, int) and not 1 <= self.need <= len(self.leads):
            raise ValueError(f"found `need: {self.need}` of {len(self.leads)} leads")
        return self


class InBeats(Named):
    """The same question of several beats: `need` of them. Premature beats are those that the counts mark."""

    beats: Literal["every", "premature"]
    need: int | Literal["all"]
    where: Node


class Refers(Named):
    """Another statement is present, or is absent."""

    statement: str
    is_: Literal["present", "absent"] = Field(default="present", alias="is")


class NothingAbnormal(Named):
    """No abnormal statement is met or leaning, and none is open for want of a measurement."""

    no_abnormal: Literal[True]


class All(Entry):
    """Every one of them."""

    all: Annotated[tuple[Node, ...], Field(min_length=1)]


class AnyOf(Entry):
    """At least one of them."""

    any: Annotated[tuple[Node, ...], Field(min_length=1)]


class Not(Entry):
    """The contrary."""

    not_: Node = Field(alias="not")


class IfThen(Entry):
    """One criterion where a condition holds, another where it does not."""

    if_: Node = Field(alias="if")
    then: Node
    else_: Node = Field(alias="else")


_KINDS = {
    "all": "all", "any": "any", "not": "not", "if": "if", "leads": "leads", "beats": "beats", "statement": "statement",
    "no_abnormal": "no_abnormal", "measured": "measured", "value": "value",
}  # fmt: skip


def _kind(node: Any) -> str | None:
    if isinstance(node, dict):
        return next((kind for key, kind in _KINDS.items() if key in node), None)
    return next((kind for kind in _KINDS if hasattr(node, kind) or hasattr(node, f"{kind}_")), None)


Node = Annotated[
    Annotated[All, Tag("all")] | Annotated[AnyOf, Tag("any")] | Annotated[Not, Tag("not")]
    | Annotated[IfThen, Tag("if")] | Annotated[InLeads, Tag("leads")] | Annotated[InBeats, Tag("beats")]
    | Annotated[Refers, Tag("statement")]
    | Annotated[NothingAbnormal, Tag("no_abnormal")] | Annotated[Measured, Tag("measured")]
    | Annotated[Compare, Tag("value")],
    Discriminator(_kind, custom_error_type="criterion", custom_error_message="needed a criterion"),
]  # fmt: skip


def criteria_in(node: Node | None) -> Iterator[Named]:
    """Every criterion of a tree in walking order, the ones inside a list of leads included."""
    if node is None:
        return
    if isinstance(node, Named):
        yield node
    for child in children(node):
        yield from criteria_in(child)


def beats_out_of_place(node: Node, of_beats: bool = False) -> tuple[str, ...]:
    """The quantities of a tree that ask for the beat at hand where none is."""
    if isinstance(node, Compare):
        return (node.value.source,) if node.value.of_a_beat and not of_beats else ()
    inside = of_beats or isinstance(node, InBeats)
    return tuple(source for child in children(node) for source in beats_out_of_place(child, inside))


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below."""
    if isinstance(node, All):
        return node.all
    if isinstance(node, AnyOf):
        return node.any
    if isinstance(node, Not):
        return (node.not_,)
    if isinstance(node, IfThen):
        return (node.if_, node.then, node.else_)
    return (node.where,) if isinstance(node, InLeads | InBeats) else ()


for _model in (InLeads, InBeats, All, AnyOf, Not, IfThen):
    _model.model_rebuild()
