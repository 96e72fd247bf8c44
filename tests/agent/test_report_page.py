"""The report page: self-contained, escaped, and every citation knows its place on the trace."""

from __future__ import annotations

import base64
import hashlib
import html
import html.parser
import json
import re
from pathlib import Path

import numpy as np
import pytest

from calipers import Agent, Ecg, Report
from calipers.agent.report_page import report_page
from calipers.leads import LEADS
from calipers.report import Claim, Disagreement, Side, Withheld

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.fixture(scope="module")
def report(demo_ecg: Ecg, tmp_path_factory: pytest.TempPathFactory) -> Report:
    return Agent("none", home=tmp_path_factory.mktemp("home")).interpret(demo_ecg, "is the PR prolonged?")


class Tags(html.parser.HTMLParser):
    """Collects tags and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def tags(page: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(page)
    return parser.tags


def test_the_page_fetches_nothing(report: Report, demo_ecg: Ecg) -> None:
    page = report_page(report, demo_ecg)
    assert not [attributes for _, attributes in tags(page) if {"src", "href", "action"} & set(attributes)]
    assert "default-src 'none'" in html.unescape(page)
    assert len(page) < 600_000


def test_the_policy_names_exactly_the_pages_own_script_and_style(report: Report, demo_ecg: Ecg) -> None:
    page = report_page(report, demo_ecg)
    policy = next(a["content"] or "" for tag, a in tags(page) if tag == "meta" and "content" in a and "http-equiv" in a)
    for element, directive in (("style", "style-src"), ("script", "script-src")):
        body = re.search(rf"<{element}>(.*?)</{element}>", page, re.S)
        assert body is not None
        digest = base64.b64encode(hashlib.sha256(body[1].encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert not [a for _, a in tags(page) if any(name.startswith("on") or name == "style" for name in a)]


def test_text_from_outside_is_escaped_everywhere(report: Report, demo_ecg: Ecg) -> None:
    claim = Claim(id="x", template=EVIL, text=EVIL, evidence=("pr", EVIL))
    doctored = report.model_copy(
        update={
            "question": EVIL,
            "answer": EVIL,
            "impression": EVIL,
            "claims": (claim,),
            "withheld": (Withheld(claim=claim, reason=EVIL),),
            "disagreements": (Disagreement(about=EVIL, sides=(Side(who=EVIL, text=EVIL, evidence=(EVIL,)),)),),
            "urgency_reasons": (EVIL,),
        }
    )
    page = report_page(doctored, demo_ecg)
    assert "<script>alert" not in page
    assert not [tag for tag, _ in tags(page) if tag == "img"]
    assert sum(tag == "script" for tag, _ in tags(page)) == 2


def test_every_cited_measurement_has_its_spans_in_the_page(report: Report, demo_ecg: Ecg) -> None:
    page = report_page(report, demo_ecg)
    embedded = re.search(r'<script type="application/json" id="evidence">(.*?)</script>', page, re.S)
    assert embedded is not None
    facts = json.loads(embedded[1])
    measured = {item.id: item for item in report.measurements}
    for claim in report.claims:
        for key in claim.evidence:
            assert f'data-id="{key}"' in page
            assert facts["evidence"][key]["spans"] == [list(span) for span in measured[key].spans]


def test_a_leads_spans_lie_where_the_page_shows_that_lead(report: Report) -> None:
    for item in report.measurements:
        if item.lead and item.name == "st_j" and item.beat is None:
            column_s = 2.5 * (LEADS.index(item.lead) // 3)
            assert column_s <= item.spans[0].start_s <= item.spans[0].end_s <= column_s + 2.5, item.id


def test_the_trace_is_drawn_at_ten_millimetres_a_millivolt(demo_ecg: Ecg) -> None:
    from calipers.agent.report_page.trace import trace_svg

    signal = np.zeros((12, 5000), dtype=np.float32)
    signal[1, 600:650] = 1.0
    svg = trace_svg(Ecg.from_array(signal, 500, LEADS))
    heights = {abs(int(dy)) for dy in re.findall(r"l-?\d+ (-?\d+)", svg)} - {0}
    assert heights == {1000}, "hundredths of a millimetre"


def test_missing_leads_and_synthetic_records_are_marked(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    partial = Ecg.from_array(rng.normal(0, 0.3, (2, 2500)), 250, ["II", "V5"], synthetic=True)
    page = report_page(Agent("none", home=tmp_path).interpret(partial), partial)
    assert page.count("not recorded</text>") == 10
    assert "SYNTHETIC" in page
