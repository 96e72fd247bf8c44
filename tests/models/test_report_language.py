"""PTB-XL's reports in English."""

from __future__ import annotations

import pytest

from calipers.models.mllm.report_language import in_english, known_share
from calipers.models.mllm.sentences import terms_of


@pytest.mark.parametrize(
    ("report", "english"),
    [
        ("sinusrhythmus lagetyp normal normales ekg", "sinus rhythm normal axis normal ECG"),
        ("sinusrhythmus linkstyp 4.46   unbestÄtigter bericht", "sinus rhythm left axis"),
        ("ventrikulÄre extrasystole(n) vorhofflimmern", "ventricular premature complex atrial fibrillation"),
        ("linksanteriorer hemiblock", "left anterior fascicular block"),
        ("sinusrytm vÄnster el-axel", "sinus rhythm left axis"),
        ("sinus rhythm. t waves are low in v5,6.", "sinus rhythm. T waves are low in V5,6"),
        ("trace only requested.", ""),
    ],
)
def test_formulas_are_put_into_english(report: str, english: str) -> None:
    assert in_english(report) == english


def test_the_labellers_corrections_are_left_out() -> None:
    assert in_english("sinus rhythm. normal ecg. Edit: NORM 80, LAFB 50") == "sinus rhythm. normal ECG"


def test_words_of_another_language_are_not_known() -> None:
    assert known_share(["sinusrhythmus linkstyp"]) == 1.0
    assert known_share(["rythme sinusal"]) == 0.0


def test_left_and_right_are_different_terms() -> None:
    assert (terms_of("thickened left ventricle") != terms_of("thickened right ventricle")).any()


def test_a_short_term_is_a_whole_word() -> None:
    assert terms_of("MI").sum() == 1
    assert terms_of("mitten").sum() == 0
