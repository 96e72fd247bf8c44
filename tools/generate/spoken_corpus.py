"""Requests in words for the aligner: `python -m calipers.tools.generate.spoken_corpus CORPUS.npz LINES.jsonl --data D`.

Each line is a text with what it says, as the beat flow would be told it: statements that a training record has, numbers
that were measured on it or drawn anew, age and sex; and the text's sentence embedding. One line in eight is the report
that PTB-XL prints (mostly German) with the record's codes. No request of `evals/generator` was read for the phrases.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from calipers.knowledge import statements
from calipers.knowledge.store.embedding import embedder
from calipers.leads import LEADS
from calipers.models.generator.beat_training import rarity
from calipers.models.generator.generator import generator
from calipers.models.generator.latents import Parts
from calipers.models.generator.marked import Marked, read_marked
from calipers.models.generator.qualities import NAMES, qualities
from calipers.tools.generate.patterns import PATTERNS

_REPORTS: Final = 0.125
#: Chance that a number is said, that it is drawn anew, and between what.
_SAID: Final = {"hr": 0.5, "pr": 0.3, "qrs": 0.35, "qtc": 0.3, "qrs_axis": 0.3}
_ANEW: Final = 0.6
_BETWEEN: Final = {"hr": (38, 185), "pr": (95, 340), "qrs": (74, 190), "qtc": (340, 580), "qrs_axis": (-120, 175)}
_ST_SAID: Final = 0.15
_MOST_STATEMENTS: Final = 3
#: Hardly worth saying: nearly every ECG has them.
_PLAIN: Final = frozenset({"sinus_rhythm", "normal_axis", "SR", "NORM"})
_PLAIN_SAID: Final = 0.2
_PHRASES: Final[Mapping[str, tuple[str, ...]]] = {
    "hr": ("rate {}", "rate about {}", "heart rate {}", "HR {}", "HR {}/min", "{} bpm", "{}/min", "{} per minute",
           "ventricular rate of {}", "a ventricular rate near {}", "at {} beats per minute", "{} beats/min", "at {}"),
    "pr": ("PR {}", "PR {} ms", "PR interval {} ms", "a PR of {} ms", "PQ {} ms", "PR interval of {} milliseconds"),
    "qrs": ("QRS {}", "QRS {} ms", "QRS duration {} ms", "a QRS of {} ms", "QRSd {} ms", "a {} ms QRS"),
    "qtc": ("QTc {}", "QTc {} ms", "a QTc of {} ms", "corrected QT {} ms", "QTc about {} milliseconds", "Bazett QTc {}"),
    "qrs_axis": ("axis {}", "axis {}°", "QRS axis {} degrees", "a frontal axis of {}°", "electrical axis {}", "mean axis at {} degrees"),
}  # fmt: skip
_PATIENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "female": ("{}-year-old woman", "woman of {}", "{}F", "{} y/o female", "female aged {}", "a lady of {}"),
    "male": ("{}-year-old man", "man of {}", "{}M", "{} y/o male", "male aged {}", "a gentleman of {}"),
}
_FRAMES: Final = (
    "{}", "{}", "{}", "{}.", "ECG: {}", "12-lead with {}", "please draw {}", "make me an ECG showing {}",
    "I need a tracing with {}", "generate {}", "give me {}", "An ECG with {}, please", "teaching example: {}",
)  # fmt: skip
_JOINS: Final = (", ", ", ", "; ", " and ", " with ", " / ")


class Spoken(NamedTuple):
    """A text, and what it says: labels and keys, `qualities` and axes, age and sex."""

    text: str
    statements: tuple[str, ...]
    qualities: dict[str, float]
    age: float | None
    sex: str | None


class Speaker:
    """Puts parts of a record into words."""

    def __init__(self, names: Mapping[str, Sequence[str]], rng: np.random.Generator) -> None:
        self._names, self._rng = names, rng

    def say(self, record: Marked, measured: Mapping[str, float]) -> Spoken:
        """Some statements, numbers and the patient of a record, in any order."""
        keys = self._some(record)
        numbers = self._numbers(measured, at_least_one=not keys)
        phrases = [self._named(key) for key in keys]
        phrases += [self._one(_PHRASES[name]).format(self._written(name, value)) for name, value in numbers.items()]
        told = _as_qualities(numbers)
        if self._rng.random() < _ST_SAID:
            phrase, levels = self._levels()
            phrases.append(phrase)
            told |= levels
        age = sex = None
        if record.age is not None and record.sex is not None and self._rng.random() < 0.4:
            age, sex = round(record.age), record.sex
            phrases.append(self._one(_PATIENTS[sex]).format(age))
        order = self._rng.permutation(len(phrases))
        text = phrases[order[0]]
        for place in order[1:]:
            text += self._one(_JOINS) + phrases[place]
        return Spoken(self._one(_FRAMES).format(text), _told(keys), told, age, sex)

    def _some(self, record: Marked) -> list[str]:
        known = [key for key in dict.fromkeys(record.statements) if key in self._names]
        worth = [key for key in known if key not in _PLAIN or self._rng.random() < _PLAIN_SAID]
        count = int(self._rng.integers(0, _MOST_STATEMENTS + 1))
        return [worth[place] for place in self._rng.permutation(len(worth))[:count]]

    def _numbers(self, measured: Mapping[str, float], *, at_least_one: bool) -> dict[str, float]:
        chosen = [name for name, share in _SAID.items() if self._rng.random() < share]
        if at_least_one and not chosen:
            chosen = ["hr"]
        out = {}
        for name in chosen:
            value = measured.get(name, np.nan)
            anew = not np.isfinite(value) or self._rng.random() < _ANEW
            out[name] = float(round(self._rng.uniform(*_BETWEEN[name]) if anew else value))
        return out

    def _levels(self) -> tuple[str, dict[str, float]]:
        leads = [LEADS[place] for place in sorted(self._rng.choice(len(LEADS), int(self._rng.integers(1, 4)), False))]
        up, mm = bool(self._rng.random() < 0.6), float(self._rng.integers(2, 9)) / 2.0
        size = f"{mm:g} mm" if self._rng.random() < 0.5 else f"{mm / 10:g} mV"
        way = "elevation" if up else "depression"
        phrase = self._one(("ST {w} of {s} in {l}", "{s} ST {w} in {l}", "ST {w} {s} {l}")).format(
            w=way, s=size, l=", ".join(leads)
        )
        return phrase, {f"{lead}.st_j": (mm if up else -mm) / 10.0 for lead in leads}

    def _named(self, key: str) -> str:
        name = self._one(self._names[key])
        return name.lower() if self._rng.random() < 0.4 else name

    def _written(self, name: str, value: float) -> str:
        return (
            f"minus {-value:.0f}" if name == "qrs_axis" and value < 0 and self._rng.random() < 0.2 else f"{value:.0f}"
        )

    def _one(self, several: Sequence[str]) -> str:
        return several[int(self._rng.integers(len(several)))]


def _told(keys: Sequence[str]) -> tuple[str, ...]:
    """What the flow is told where these are asked for: as `drawing` tells it."""
    labels = set(keys) | {label for key in keys if key in PATTERNS for label in PATTERNS[key].told}
    rhythms = {PATTERNS[key].rhythm for key in keys if key in PATTERNS} - {None}
    coded = labels & {"SBRAD", "STACH", "SARRH", "AFIB", "AFLT", "PACE", "3AVB", "SVARR"}
    if rhythms <= {"sinus"} and not coded:
        labels |= {"SR", "sinus_rhythm"}
    return tuple(sorted(labels))


def _as_qualities(numbers: Mapping[str, float]) -> dict[str, float]:
    """A rate as RR, Bazett's QTc as Fridericia's (at 70/min where no rate is said)."""
    rr = 60_000.0 / numbers["hr"] if "hr" in numbers else 857.0
    out = {name: numbers[name] for name in ("pr", "qrs", "qrs_axis") if name in numbers}
    if "hr" in numbers:
        out["rr"] = rr
    if "qtc" in numbers:
        out["qtc"] = numbers["qtc"] * (rr / 1000.0) ** (1 / 6)
    return out


def spoken_names(table: Path) -> dict[str, tuple[str, ...]]:
    """How each statement and code that the flow knows is said."""
    known = generator().space.statements
    out = {key: (row.label, *row.synonyms) for key, row in statements().items() if key in known}
    with table.open(newline="") as lines:
        rows = csv.reader(lines)
        next(rows)
        out |= {row[0]: (row[1],) for row in rows if row[0] in known}
    return out


def _measured(corpus: Path) -> dict[str, dict[str, float]]:
    """By record: rate, intervals and axis of its usual beat."""
    with np.load(corpus) as stored:
        parts = Parts(*(stored[f"parts.{name}"].astype(np.float64) for name in Parts._fields))
        ids, usual = stored["example_id"], ~stored["example_ectopic"]
    found = dict(zip(NAMES, qualities(parts).T, strict=True))
    axis = np.rad2deg(np.arctan2(found["qrs_axis.sin"], found["qrs_axis.cos"]))
    rr = found["rr"] / 1000.0
    columns = {
        "hr": 60.0 / rr,
        "pr": found["pr"],
        "qrs": found["qrs"],
        "qtc": found["qtc"] / rr ** (1 / 6),
        "qrs_axis": axis,
    }
    return {
        str(ids[row]): {name: float(values[row]) for name, values in columns.items()} for row in np.flatnonzero(usual)
    }


def main() -> None:
    """Command line of this stage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    rng = np.random.default_rng(chosen.seed)
    measured = _measured(chosen.corpus)
    records = [one for one in read_marked(chosen.corpus.with_suffix(".jsonl")) if one.id in measured]
    space = generator().space
    weight = rarity(np.stack([space.multi_hot(one.statements) for one in records]))
    speaker = Speaker(spoken_names(chosen.data / "ptbxl" / "scp_statements.csv"), rng)
    lines: list[Spoken] = []
    while len(lines) < chosen.count:
        record = records[int(rng.choice(len(records), p=weight / weight.sum()))]
        if record.text and rng.random() < _REPORTS:
            codes = tuple(name for name in record.statements if name.isupper() or "_" not in name)
            lines.append(Spoken(record.text, codes, {}, None, None))
        else:
            lines.append(speaker.say(record, measured[record.id]))
    vectors = embedder()([line.text for line in lines])
    with chosen.out.open("w", encoding="utf-8") as out:
        for line, vector in zip(lines, vectors, strict=True):
            row: dict[str, Any] = line._asdict() | {"vector": np.round(vector, 4).tolist()}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
