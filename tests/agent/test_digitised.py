"""An ECG read from a picture: every claim says so, every interval is wider, and the picture shows what was measured."""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from calipers import Agent, Ecg, Report, measure, verify
from calipers.agent.audit import SingleCase, load_bundle, replay, save_bundle
from calipers.agent.case_store import CaseStore
from calipers.agent.choice import choose
from calipers.agent.cli import show
from calipers.agent.doubt import doubt, undoubted
from calipers.agent.graph import build_graph
from calipers.agent.report_page import report_page
from calipers.digitisation import DOUBT
from calipers.errors import PictureNotDigitised
from calipers.leads import INDEX
from calipers.models.simulator import Specification, simulate
from calipers.tools.digitise.unread_page import unread_page
from calipers.tools.measure import examine
from calipers.tools.render import render
from calipers.tools.render.on_picture import render_on_picture
from tests.tools.digitised_page import DPI, read_back


@pytest.fixture(scope="module")
def page(demo_ecg: Ecg) -> Ecg:
    return read_back(demo_ecg)


@pytest.fixture(scope="module")
def report(page: Ecg, tmp_path_factory: pytest.TempPathFactory) -> Report:
    return Agent("none", home=tmp_path_factory.mktemp("home")).interpret(page)


def test_every_claim_and_every_measurement_says_that_a_picture_was_read(report: Report) -> None:
    assert report.provenance.digitised
    assert report.claims
    assert all(claim.digitised for claim in report.claims)
    assert all("read from a picture" in item.method for item in report.measurements if item.status == "measured")
    assert any(reason.startswith("read from a picture: 3x4+1, 25 mm/s") for reason in report.quality.reasons)


def test_the_report_stands_and_the_signal_that_was_read_is_measured_again(page: Ecg, report: Report) -> None:
    assert verify(report) == []
    assert verify(report, page) == []


def test_a_claim_that_hides_the_picture_is_a_fault(report: Report) -> None:
    claims = (report.claims[0].model_copy(update={"digitised": False}), *report.claims[1:])
    assert [fault.claim_id for fault in verify(report.model_copy(update={"claims": claims}))] == [report.claims[0].id]


def test_a_report_that_hides_the_picture_is_a_fault(page: Ecg, report: Report) -> None:
    claims = tuple(claim.model_copy(update={"digitised": False}) for claim in report.claims)
    provenance = report.provenance.model_copy(update={"digitised": False})
    hidden = report.model_copy(update={"claims": claims, "provenance": provenance})
    assert any("read from a picture" in fault.detail for fault in verify(hidden, page))


def test_what_the_digitiser_is_unsure_of_widens_every_interval(demo_ecg: Ecg, page: Ecg) -> None:
    near, far = measure(page), measure(read_back(demo_ecg, error_mv=0.06))
    for key in ("V2.r_amp", "V5.st_j", "II.t_amp", "qrs_axis"):
        assert (far[key].uncertainty or 0) > (near[key].uncertainty or 0), key
        assert far[key].value == near[key].value


def test_a_trace_that_may_be_far_off_is_not_measured(demo_ecg: Ecg) -> None:
    found = examine(read_back(demo_ecg, error_mv=0.3))
    assert not found.quality.assessable
    assert "may be off by 0.30 mV" in " ".join(found.quality.leads[INDEX["V1"]].reasons)


def test_an_unsure_reading_lowers_the_quality(demo_ecg: Ecg) -> None:
    lead = examine(read_back(demo_ecg, confidence=0.6)).quality.leads[INDEX["V1"]]
    assert lead.score < 0.8
    assert "read with a confidence of 0.60" in " ".join(lead.reasons)


def test_calipers_stand_on_the_picture_where_the_wave_is(page: Ecg) -> None:
    found = measure(page)
    drawn = render_on_picture(page, found, ["V3.r_amp", "qrs"])
    assert drawn.drawn == ("V3.r_amp", "qrs")
    assert page.source.picture is not None
    before, after = (
        np.asarray(Image.open(BytesIO(data)).convert("RGB")).astype(int) for data in (page.source.picture, drawn.data)
    )
    moved = np.abs(after - before).max(axis=2) > 120
    span, how = found["V3.r_amp"].spans[0], page.source.digitisation
    assert how is not None
    place = how.pixel("V3", (span.start_s + span.end_s) / 2, (found["V3.r_amp"].number or 0) / 2)
    assert place is not None
    reach = round(DPI / 25.4)
    assert moved[
        round(place[1]) - reach : round(place[1]) + reach, round(place[0]) - reach : round(place[0]) + reach
    ].any()


def test_doubt_in_the_reading_stands_apart_from_other_remarks(page: Ecg, report: Report) -> None:
    doubted = (*report.quality.reasons, f"{DOUBT}V3 may be off", f"{DOUBT}the gain was assumed")
    told = report.model_copy(update={"quality": report.quality.model_copy(update={"reasons": doubted})})
    line = "IN DOUBT: V3 may be off; the gain was assumed. Compare the trace with the picture."
    assert doubt(doubted) == line
    assert undoubted(doubted) == list(report.quality.reasons)
    assert line in report_page(told, page)
    assert "IN DOUBT" not in report_page(report, page)
    console = Console(record=True, width=200)
    show.report(console, told)
    assert line in console.export_text()


def test_what_the_page_does_not_show_is_named(page: Ecg) -> None:
    found = measure(page)
    drawn = render_on_picture(page, found, ["V1.st_j#0"])
    assert drawn.drawn == ()
    assert drawn.not_drawn[0].reason == "not measurable: the lead does not show this beat"


def test_the_report_page_shows_the_picture_and_the_json_no_path(page: Ecg, report: Report) -> None:
    html = report_page(report, page)
    assert html.count("data:image/jpeg;base64,") == 1
    assert "DIGITISED: read from a picture" in html
    assert "data:image" not in report.model_dump_json()
    assert not re.search(r'"path"', report.model_dump_json())


def test_a_stored_case_keeps_how_it_was_read_and_its_picture(page: Ecg, tmp_path: Path) -> None:
    CaseStore(tmp_path).put(page)
    (folder,) = tmp_path.iterdir()
    again = CaseStore(tmp_path).get(folder.name).ecg
    assert again.source.digitisation == page.source.digitisation
    assert again.source.picture == page.source.picture
    assert json.loads((folder / "case.json").read_text())["source"]["path"] is None


def test_a_bundle_replays_what_was_read_and_holds_no_picture(page: Ecg, tmp_path: Path) -> None:
    finished = SingleCase(build_graph(), choose("none"), page).interpret()
    save_bundle(tmp_path / "bundle.zip", finished, page)
    assert b"JFIF" not in (tmp_path / "bundle.zip").read_bytes()
    bundle = load_bundle(tmp_path / "bundle.zip")
    assert bundle.ecgs()[0].source.digitisation == page.source.digitisation
    assert replay(bundle).differences == ()


def test_of_a_page_that_cannot_be_digitised_only_a_models_word_remains(demo_ecg: Ecg, tmp_path: Path) -> None:
    page = np.asarray(Image.open(BytesIO(render(demo_ecg).data)).convert("RGB"))
    failed = PictureNotDigitised("found no grid; needed squared paper", "grid")
    ecg = unread_page(page, failed, format_name="PNG", path=None, sha256="1" * 64)
    report = Agent("none", home=tmp_path).interpret(ecg)
    assert report.impression == "Not assessable."
    assert report.provenance.unread == "grid: found no grid; needed squared paper"
    assert "the picture could not be read: grid" in report.quality.reasons[0]
    assert all(item.status == "not_measurable" for item in report.measurements if item.name != "quality")
    assert all(key.startswith("model:") for claim in report.claims for key in claim.evidence)
    assert verify(report, ecg) == []
    assert "It could not be turned into a signal." in report_page(report, ecg)


def test_what_the_model_sees_on_an_unread_page_is_a_suggestion_on_its_probability(tmp_path: Path) -> None:
    ecg = unread_page(
        np.asarray(
            Image.open(BytesIO(render(simulate(Specification(morphologies=("lbbb",)), seed=1).ecg).data)).convert("RGB")
        ),
        PictureNotDigitised("found no names of leads", "leads"),
        format_name="PNG",
        path=None,
        sha256="2" * 64,
    )
    report = Agent("none", home=tmp_path).interpret(ecg)
    assert report.claims
    assert all(claim.text.startswith("The model suggests") for claim in report.claims)
    assert {claim.certainty for claim in report.claims} == {"possible"}
    assert verify(report, ecg) == []


def test_a_picture_that_no_model_can_read_stays_refused() -> None:
    grey = np.full((600, 800, 3), 128, dtype=np.uint8)
    with pytest.raises(PictureNotDigitised, match="found no grid"):
        unread_page(grey, PictureNotDigitised("found no grid", "grid"), format_name="PNG", path=None, sha256="")
