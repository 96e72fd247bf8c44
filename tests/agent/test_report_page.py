"""The report page: self-contained, escaped, and every citation knows its place on the trace."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import json
import re
from functools import cache
from typing import Any

import numpy as np
import pytest

from calipers import Ecg, Measurement, Report
from calipers.agent.report_page import report_page
from calipers.agent.report_page.markup import embedded_json, tag
from calipers.agent.report_page.polyline import COLUMN_MM, TOLERANCE_MM, simplified, svg_path
from calipers.agent.report_page.trace import sheets
from calipers.errors import UsageError
from calipers.evidence import (
    Citable,
    CriterionEvidence,
    DeviceEvidence,
    GuidelinePassage,
    ModelProbability,
    PriorEvidence,
    SimilarCase,
    Span,
)
from calipers.leads import LEADS
from calipers.report import (
    Claim,
    Demographics,
    Disagreement,
    LeadQuality,
    Note,
    Provenance,
    Quality,
    Side,
    Statement,
    Withheld,
)
from calipers.tools.measure import measure

EVIL = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def evidence_of_every_kind(ecg: Ecg, words: str) -> tuple[Citable, ...]:
    record = ecg.record
    pr = Measurement(id="pr", record="prior", name="pr", value=148.0, unit="ms", method="cart", status="measured")
    return (
        CriterionEvidence(
            id="crit:first_degree_av_block.pr_long",
            record=record,
            statement="first_degree_av_block",
            text=f"The PR interval is longer than 200 ms {words}",
            threshold=200.0,
            unit="ms",
            result="indeterminate",
            leans=True,
            probability=0.42,
            measurements=("pr",),
            source=f"ACC/AHA/HRS 2018 {words}",
        ),
        DeviceEvidence(id="device:pr", record=record, name="pr", value=161.0, unit="ms"),
        DeviceEvidence(id="device:statement", record=record, name="statement", value=f"NORMAL ECG {words}", unit=""),
        GuidelinePassage(id="guide:av1", record=record, text=f"A PR above 200 ms {words}", society="AHA", year=2018),
        PriorEvidence(
            id="prior:abc/pr",
            record="abc",
            recorded_at="2020-01-02",
            author="device",
            text=f"PR 148 {words}",
            measurement=pr,
        ),
        PriorEvidence(id="prior:abc/text", record="abc", recorded_at=None, author="clinician", text=words),
        SimilarCase(id="case:7", record="def", similarity=0.91, labels=("NORM", words)),
        ModelProbability(
            id="model:CRBBB", record=record, statement="crbbb", probability=0.07, model=f"student {words}"
        ),
    )


@cache
def whole_record(ecg: Ecg) -> tuple[Measurement, ...]:
    return tuple(item for item in measure(ecg).values() if item.beat is None)


def sample_report(ecg: Ecg, words: str = "", **changes: Any) -> Report:
    """A handmade report on a measured ECG; `words` goes into every free text."""
    items = whole_record(ecg)
    gone = Measurement(
        id="V6.q_dur",
        record=ecg.record,
        name="q_dur",
        lead="V6",
        value=None,
        unit="ms",
        method="m",
        status="not_measurable",
        reason=f"no baseline {words}",
    )
    beat = Measurement(
        id="rr#2",
        record=ecg.record,
        name="rr",
        beat=2,
        value=1006.0,
        unit="ms",
        uncertainty=4.0,
        method="R to R",
        status="measured",
        spans=(Span(None, 2.492, 3.498),),
    )
    block = Statement(key="first_degree_av_block", aha=("82",), scp=("1AVB",), label=f"First-degree AV block {words}")
    others = evidence_of_every_kind(ecg, words)
    claims = (
        Claim(
            id="av1",
            template="PR {pr}: borderline first-degree AV block",
            text=f"PR 153 ms: borderline first-degree AV block. {words}",
            statement=block,
            certainty="probable",
            evidence=("II.quality", "qrs", "pr"),
            criteria=("first_degree_av_block.pr_long",),
        ),
        Claim(
            id="st",
            template="No ST depression",
            text="No ST depression in two contiguous leads.",
            polarity="absent",
            evidence=tuple(f"{lead}.st_j" for lead in LEADS),
        ),
        Claim(id="q", template="{V6.q_dur}", text="Q in V6 was not measurable.", evidence=("V6.q_dur", "rr#2", words)),
        Claim(id="all", template="x", text="Other evidence", evidence=tuple(item.id for item in others)),
    )
    fields: dict[str, Any] = {
        "record": ecg.record,
        "patient": Demographics(age=42.0, sex="female"),
        "question": f"Is the PR prolonged? {words}",
        "answer": f"PR 153 ms. {words}",
        "quality": Quality(
            score=0.9,
            assessable=True,
            reasons=(f"baseline wander {words}",),
            leads=(LeadQuality(lead="V1", score=0.5, usable=True, reasons=(words,)),),
        ),
        "measurements": (*(item for item in items if item.id != gone.id), gone, beat),
        "claims": claims,
        "withheld": (Withheld(claim=claims[0].model_copy(update={"id": "w"}), reason=f"number {words}"),),
        "disagreements": (
            Disagreement(
                about=f"PR {words}",
                sides=(
                    Side(who="Calipers", text="PR 153 ms", evidence=("pr",)),
                    Side(who=f"recorder {words}", text="PR 161 ms", evidence=("device:pr",)),
                ),
            ),
        ),
        "notes": (Note(claim_id="st", text=f"agreed {words}", author=f"ward seven {words}"),),
        "impression": f"Borderline first-degree AV block. {words}",
        "urgency": "urgent",
        "urgency_reasons": (f"possible high-grade block {words}",),
        "evidence_table": others,
        "provenance": Provenance(
            calipers="0",
            versions={"numpy": words},
            model="none",
            model_reason=words,
            seed=0,
            prompts_sha256="p",
            criteria_sha256="c",
            input_sha256="i",
            input_format="DICOM",
        ),
    }
    return Report.model_validate(fields | changes)


@pytest.fixture(scope="module")
def report(demo_ecg: Ecg) -> Report:
    return sample_report(demo_ecg)


@pytest.fixture(scope="module")
def page(report: Report, demo_ecg: Ecg) -> str:
    return report_page(report, demo_ecg)


class Elements(html.parser.HTMLParser):
    """Collects start tags with their attributes, and the text between tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def count(self, name: str) -> int:
        return sum(tag == name for tag, _ in self.tags)


def embedded(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="evidence">(.*?)</script>', page, re.S)
    assert found is not None
    facts: dict[str, Any] = json.loads(found[1])
    return facts


def test_the_page_fetches_nothing(page: str) -> None:
    for element, attributes in Elements(page).tags:
        assert not {"src", "action", "srcset", "background", "data"} & set(attributes), element
        for name in ("href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith("#"), "only the page's own symbols"
    assert "url(http" not in page
    assert "@import" not in page
    assert len(page.encode()) < 600_000


def test_the_policy_names_exactly_the_pages_own_script_and_style(page: str) -> None:
    found = Elements(page).tags
    policy = next(a["content"] or "" for element, a in found if element == "meta" and "http-equiv" in a)
    assert policy.startswith("default-src 'none';")
    for element, directive in (("style", "style-src"), ("script", "script-src")):
        body = re.search(rf"<{element}>(.*?)</{element}>", page, re.S)
        assert body is not None
        digest = base64.b64encode(hashlib.sha256(body[1].encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert not [a for _, a in found if any(name.startswith("on") or name == "style" for name in a)]


def test_text_from_outside_is_escaped_everywhere(demo_ecg: Ecg, page: str) -> None:
    hostile = report_page(sample_report(demo_ecg, EVIL), demo_ecg)
    elements, plain = Elements(hostile), Elements(page)
    for name in ("script", "img", "style", "button"):
        assert elements.count(name) <= plain.count(name) + 1, name
    assert elements.count("img") == 0
    assert elements.count("script") == 2
    assert "<script>alert" not in hostile
    assert hostile.count("alert(1)") > 20, "the text is shown, as text"
    assert embedded(hostile)["evidence"]["guide:av1"]["facts"][0][1].endswith(EVIL)


def test_markup_escapes_children_and_attributes_alike() -> None:
    assert tag("b", "<i>", title='"x"&') == '<b title="&quot;x&quot;&amp;">&lt;i&gt;</b>'
    assert tag("b", tag("i", "a")) == "<b><i>a</i></b>"
    assert tag("b", "a\x00\u202eb") == "<b>a��b</b>"
    assert "<" not in embedded_json("</script>")


def test_every_cited_measurement_has_its_exact_spans_in_the_page(page: str, report: Report) -> None:
    evidence = embedded(page)["evidence"]
    measured = {item.id: item for item in report.measurements}
    for claim in report.claims:
        for key in claim.evidence:
            if key in measured:
                assert f'data-id="{key}"' in page
                assert evidence[key]["spans"] == [list(span) for span in measured[key].spans]


def test_a_lit_citation_stands_on_the_samples_it_was_measured_on(page: str, report: Report, demo_ecg: Ecg) -> None:
    sheet = sheets(demo_ecg)["3x4"]
    (mark,) = embedded(page)["views"]["3x4"]["marks"]["pr"]
    span = next(item for item in report.measurements if item.id == "pr").spans[0]
    rhythm = next(strip for strip in sheet.strips if strip.rhythm)
    assert mark["x"] == pytest.approx([sheet.x_mm(rhythm, span.start_s), sheet.x_mm(rhythm, span.end_s)], abs=0.01)
    assert mark["label"].startswith("PR 1")


def test_a_claim_lights_what_its_sentence_quotes_else_all_it_cites(page: str) -> None:
    marks = embedded(page)["views"]["3x4"]["marks"]
    assert [mark["id"] for mark in marks["claim 0"]] == ["pr"]
    assert {mark["id"] for mark in marks["claim 1"]} == {f"{lead}.st_j" for lead in LEADS}
    assert [mark["id"] for mark in marks["crit:first_degree_av_block.pr_long"]] == ["pr"]


def test_evidence_without_a_place_on_the_trace_shows_its_facts(page: str) -> None:
    evidence = embedded(page)["evidence"]
    assert dict(map(tuple, evidence["guide:av1"]["facts"])) == {
        "paraphrase of AHA 2018": "A PR above 200 ms ",
        "place in it": "section not checked",
        "seen at": "not re-seen at the source",
    }
    assert evidence["device:pr"]["label"] == "recorder: PR 161 ms"
    assert evidence["model:CRBBB"]["label"] == "model: crbbb 7 %"
    assert evidence["prior:abc/pr"]["label"] == "earlier ECG: PR 148 ms"
    for key in ("guide:av1", "device:pr", "case:7", "model:CRBBB", "prior:abc/text"):
        assert f'data-id="{key}"' in page


def test_criteria_show_result_leaning_threshold_and_source(page: str) -> None:
    words = Elements(page).words
    assert "indeterminate, leans to met" in words
    assert "threshold 200 ms" in words
    assert "ACC/AHA/HRS 2018" in words


def test_what_was_not_measurable_says_so_and_why(page: str) -> None:
    words = Elements(page).words
    assert "V6 Q not measurable" in words
    assert "no baseline" in words
    assert "not measurable" in page


def test_withheld_claims_and_both_sides_of_a_disagreement_are_shown(page: str) -> None:
    words = Elements(page).words
    assert "Not released: number" in words
    assert "Calipers" in words
    assert "PR 161 ms" in words


def test_a_note_stands_with_its_author_below_the_claim_that_it_is_about(page: str) -> None:
    words = Elements(page).words
    assert words.index("No ST depression") < words.index("Note by ward seven") < words.index("Q in V6")


@pytest.mark.parametrize(
    ("urgency", "words"),
    [("critical", "Critical"), ("urgent", "Urgent"), ("routine", "Routine"), ("not_assessable", "Not assessable")],
)
def test_urgency_is_worded_not_only_coloured(demo_ecg: Ecg, urgency: str, words: str) -> None:
    page = report_page(sample_report(demo_ecg, urgency=urgency), demo_ecg)
    assert re.search(rf'class="urgency {urgency}"><p><strong>{words}', page)
    assert "Research use, not a medical device" in page


def test_a_report_of_another_record_is_refused(report: Report, other_ecg: Ecg) -> None:
    with pytest.raises(UsageError, match="needed one of record"):
        report_page(report, other_ecg)


def test_missing_derived_and_synthetic_are_marked() -> None:
    rng = np.random.default_rng(0)
    partial = Ecg.from_array(rng.normal(0, 0.3, (3, 2500)), 250, ["I", "II", "V5"], synthetic=True)
    page = report_page(sample_report(partial, measurements=(), claims=(), withheld=()), partial)
    assert page.count("not recorded</text>") == 2 * 5, "V1 to V4 and V6, in both views"
    assert page.count("derived</text>") == 2 * 4
    assert page.count("SYNTHETIC") == 3
    assert 'id="lead-V1"' not in page


def test_gaps_are_left_open() -> None:
    signal = np.zeros((12, 5000), dtype=np.float32)
    signal[:, ::50] = 0.5
    signal[7, 1000:2000] = np.nan
    ecg = Ecg.from_array(signal, 500, LEADS)
    page = report_page(sample_report(ecg, measurements=(), claims=(), withheld=()), ecg)
    path = re.search(r'id="lead-V2" class="wave" d="(.*?)"', page)
    assert path is not None
    assert path[1].count("M") == 2
    assert re.findall(r"M(\d+) ", path[1]) == ["0", "10000"], "resumes at 4 s, 100 mm"


def test_the_trace_is_drawn_at_ten_millimetres_a_millivolt() -> None:
    x, y = np.arange(5000) / 500 * 25, np.zeros(5000)
    y[600:650] = -10.0
    assert re.findall(r"(-?\d+) ?(-?\d+)", svg_path(x, y))[:3] == [("0", "0"), ("2995", "0"), ("5", "-1000")]


def test_thinning_blunts_no_peak_and_bends_no_line() -> None:
    rng = np.random.default_rng(3)
    x = np.arange(10_000) / 1000 * 25
    y = 10 * np.sin(x / 3) + rng.normal(0, 0.15, x.size)
    y[::997] -= 12
    kept = simplified(x, y, TOLERANCE_MM)
    assert kept.size < x.size / 2
    drawn = np.interp(x, x[kept], y[kept])
    column = np.floor(x / COLUMN_MM + 1e-9).astype(int)
    for index in np.unique(column):
        inside = column == index
        wide = (x > x[inside][0] - COLUMN_MM) & (x < x[inside][-1] + COLUMN_MM)
        assert drawn[wide].min() <= y[inside].min() + 2 * TOLERANCE_MM
        assert drawn[wide].max() >= y[inside].max() - 2 * TOLERANCE_MM


def test_a_long_record_opens_where_its_claims_point() -> None:
    signal = np.random.default_rng(1).normal(0, 0.2, (12, 500 * 60)).astype(np.float32)
    ecg = Ecg.from_array(signal, 500, LEADS)
    pause = Measurement(
        id="pause_max",
        record=ecg.record,
        name="pause_max",
        value=3200.0,
        unit="ms",
        method="m",
        status="measured",
        spans=(Span(None, 41.0, 44.2),),
    )
    claim = Claim(id="p", template="{pause_max}", text="Pause 3200 ms", evidence=("pause_max",))
    page = report_page(sample_report(ecg, measurements=(pause,), claims=(claim,), withheld=()), ecg)
    assert "40.0 to 50.0 s of 60.0 s" in page
    assert [mark["id"] for mark in embedded(page)["views"]["3x4"]["marks"]["claim 0"]] == ["pause_max"]


def test_equal_input_gives_equal_bytes(page: str, report: Report, demo_ecg: Ecg) -> None:
    again = report_page(Report.model_validate_json(report.model_dump_json()), demo_ecg)
    assert again == page
