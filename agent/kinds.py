"""Questions about a kind of finding: what is there of that kind, and what is denied where nothing is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from calipers.knowledge import Verdicts


@dataclass(frozen=True)
class Kind:
    """One kind of finding, as clinicians ask for it.

    Attributes:
        words: a pattern of the words that ask for it.
        usual: the statements that such a question comes to; denied where nothing of the kind is found.
        others: the further statements of the kind, which answer where they are found.
    """

    words: str
    usual: tuple[str, ...]
    others: tuple[str, ...] = ()

    def less(self, named: Collection[str]) -> Kind:
        """The kind without statements that a question names by themselves."""
        return replace(self, usual=tuple(key for key in self.usual if key not in named))


_UNQUALIFIED: Final = "".join(
    rf"(?<!{word} )"
    for word in ("acute", "old", "prior", "previous", "inferior", "anterior", "lateral", "posterior", "septal",
                 "ventricular", "rv", "anteroseptal")
)  # fmt: skip
_SINUS: Final = ("sinus_rhythm", "sinus_bradycardia", "sinus_tachycardia", "sinus_arrhythmia")
_OTHER_RHYTHMS: Final = (
    "atrial_flutter", "ectopic_atrial_rhythm", "atrial_tachycardia", "junctional_rhythm", "accelerated_junctional_rhythm",
    "supraventricular_tachycardia", "ventricular_fibrillation", "asystole", "long_pause", "severe_bradycardia",
    "extreme_tachycardia", "wide_qrs_tachycardia", "idioventricular_rhythm", "accelerated_idioventricular_rhythm",
    "paced_rhythm", "ventricular_paced_rhythm", "atrial_paced_rhythm", "dual_paced_rhythm", "failure_to_capture",
    "af_complete_av_block", "third_degree_av_block", "preexcited_af",
)  # fmt: skip
_ATRIAL_ECTOPY: Final = ("atrial_couplet", "atrial_bigeminy", "atrial_trigeminy", "blocked_pac")
_VENTRICULAR_ECTOPY: Final = (
    "ventricular_couplet", "ventricular_run", "ventricular_bigeminy", "ventricular_trigeminy", "multiform_pvc",
)  # fmt: skip
_ECTOPY: Final = (*_ATRIAL_ECTOPY, *_VENTRICULAR_ECTOPY, "escape_complex")
_AV_BLOCKS: Final = (
    "first_degree_av_block", "second_degree_av_block", "third_degree_av_block",
)  # fmt: skip
_AV_BLOCK_FORMS: Final = ("wenckebach", "mobitz_2", "av_block_2_1", "high_grade_av_block", "af_complete_av_block")
_BUNDLES: Final = ("incomplete_lbbb", "incomplete_rbbb")
_INFARCTIONS: Final = (
    "stemi_anterior", "stemi_inferior", "stemi_lateral", "posterior_mi_suspected", "rv_infarction_suspected",
    "pathological_q_anterior", "pathological_q_inferior", "pathological_q_lateral", "pathological_q_anterolateral",
    "pathological_q_inferolateral", "old_posterior_infarction", "inferoposterior_infarction",
    "inferoposterolateral_infarction", "sgarbossa", "sgarbossa_modified",
)  # fmt: skip
_ISCHAEMIA: Final = (
    "st_elevation", "stemi_anterior", "stemi_inferior", "stemi_lateral", "posterior_mi_suspected",
    "avr_elevation_with_diffuse_depression", "wellens", "de_winter_pattern",
    "st_depression_anterior", "st_depression_inferior", "st_depression_lateral", "st_depression_anterolateral",
    "st_depression_inferolateral", "t_inversion_anterior", "t_inversion_inferior", "t_inversion_lateral",
    "ischaemia_anterolateral", "ischaemia_inferolateral", "ischaemic_st_t",
)  # fmt: skip

KINDS: Final[tuple[Kind, ...]] = (
    Kind(r"\brhythm\b(?! strip)", ("sinus_rhythm", "atrial_fibrillation"), (*_SINUS, *_OTHER_RHYTHMS)),
    Kind(
        r"\b(?:arr|dysr)hythmias?\b",
        ("sinus_rhythm", "atrial_fibrillation", "atrial_premature_complex", "ventricular_premature_complex"),
        (*_SINUS, *_OTHER_RHYTHMS, *_ECTOPY, "second_degree_av_block", *_AV_BLOCK_FORMS),
    ),
    Kind(
        r"\bextra ?(?:beats|systoles?)\b|\bectop(?:y|ics?|ic beats)\b|\bpremature (?:beats|complexes)\b",
        ("atrial_premature_complex", "ventricular_premature_complex"), _ECTOPY,
    ),
    Kind(r"\bbigemin\w+\b", ("ventricular_bigeminy", "atrial_bigeminy")),
    Kind(r"\btrigemin\w+\b", ("ventricular_trigeminy", "atrial_trigeminy")),
    Kind(
        r"\bany (?:kind of |sort of )?blocks?\b|\bconduction\b(?! (?:time|ratio))",
        ("first_degree_av_block", "second_degree_av_block", "lbbb", "rbbb", "lafb", "ivcd"),
        ("third_degree_av_block", *_AV_BLOCK_FORMS, *_BUNDLES, "lpfb", "short_pr", "pre_excitation", "av_dissociation"),
    ),
    Kind(r"(?<!left )(?<!right )bundle branch blocks?|\bbbb\b", ("lbbb", "rbbb"), _BUNDLES),
    Kind(r"(?<!degree )(?<!deg )\b(?:heart|av|atrioventricular) blocks?\b", _AV_BLOCKS, _AV_BLOCK_FORMS),
    Kind(
        r"(?<!p )(?<!t )(?<!p-)(?<!t-)(?<!wave )\baxis\b(?! of (?:the )?[pt]\b)", ("normal_axis",),
        ("left_axis_deviation", "right_axis_deviation", "extreme_axis_deviation"),
    ),
    Kind(r"\bisch(?:a)?emi(?:a|c)\b", ("st_depression", "t_inversion"), _ISCHAEMIA),
    Kind(rf"{_UNQUALIFIED}\b(?:infarct(?:ion|s)?|mi|heart attack)\b", ("st_elevation", "pathological_q"), _INFARCTIONS),
    Kind(
        r"\bchamber enlargement\b|\b(?<!left )(?<!right )atrial (?:enlargement|abnormality)\b",
        ("left_atrial_enlargement", "right_atrial_enlargement"),
    ),
    Kind(r"(?<!left )(?<!right )(?:\bventricular |\bany |\s)hypertrophy\b", ("lvh", "rvh"), ("lvh_voltage",)),
)  # fmt: skip


def kinds_in(text: str) -> tuple[Kind, ...]:
    """The kinds that a text asks for; `text` is less the names of single statements."""
    return tuple(kind for kind in KINDS if re.search(kind.words, text, re.I))


def without_kinds(text: str, kinds: tuple[Kind, ...]) -> str:
    """The text less the words that ask for these kinds."""
    for kind in kinds:
        text = re.sub(kind.words, " ", text, flags=re.I)
    return text


def told(asked: Sequence[str], kinds: Iterable[Kind], verdicts: Verdicts) -> tuple[str, ...]:
    """The statements that answer a question: those it names; of a kind what is found, or else what is usual.

    Args:
        asked: what is named, and what is usual of the kinds.
        kinds: the kinds that are asked for.
        verdicts: what the criteria came to.
    """
    usual = {key for kind in kinds for key in kind.usual}
    keys = [key for key in asked if key not in usual]
    for kind in kinds:
        keys += [verdict.key for verdict in verdicts.asserted({*kind.usual, *kind.others})] or _denied(kind, verdicts)
    return tuple(dict.fromkeys(keys))


def _denied(kind: Kind, verdicts: Verdicts) -> list[str]:
    """What is usual of a kind of which nothing is found: all that the measurements decide, if they decide any."""
    return [key for key in kind.usual if verdicts[key].result != "indeterminate"] or list(kind.usual)
