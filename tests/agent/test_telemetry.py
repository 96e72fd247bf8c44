"""Spans tell what was done and how long it took, and nothing of whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from calipers import Agent, Ecg, UsageError
from calipers.agent import telemetry

pytest.importorskip("opentelemetry.sdk")


@pytest.fixture(scope="module")
def exporter() -> Any:
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    trace.set_tracer_provider(provider)
    return kept


@pytest.fixture(autouse=True)
def _forget(exporter: Any) -> Iterator[None]:
    exporter.clear()
    yield
    exporter.clear()


def test_nothing_is_traced_unless_it_was_asked_for(exporter: Any, demo_ecg: Ecg, tmp_path: Path) -> None:
    Agent("none", home=tmp_path).interpret(demo_ecg)
    assert exporter.get_finished_spans() == ()


def test_nodes_tools_and_verification_have_spans_without_a_word_about_the_patient(
    exporter: Any, demo_ecg: Ecg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALIPERS_OTEL", "true")
    ecg = replace(demo_ecg, patient=replace(demo_ecg.patient, id="Quartermain"))
    question = "how long is the PR of Zebulonia Quartermain?"
    Agent("none", home=tmp_path).interpret(ecg, question)
    spans = {span.name: span for span in exporter.get_finished_spans()}
    nodes = {f"calipers.node.{name}" for name in ("read", "check_quality", "draft", "verify", "report")}
    assert nodes | {"calipers.interpret", "calipers.verify", "calipers.tool.measure"} <= set(spans)
    verified = spans["calipers.verify"]
    assert verified.attributes["calipers.released"] == verified.attributes["calipers.drafts"] > 0
    assert verified.parent.span_id == spans["calipers.node.verify"].context.span_id
    told = " ".join(f"{span.name} {dict(span.attributes)}" for span in exporter.get_finished_spans())
    assert not any(span.events for span in exporter.get_finished_spans())
    for word in ("Quartermain", "Zebulonia", "PR interval", "149 ms", demo_ecg.record, str(tmp_path)):
        assert word not in told, word


def test_an_error_is_told_by_its_type_alone(exporter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALIPERS_OTEL", "true")
    with pytest.raises(UsageError), telemetry.span("work"):
        raise UsageError("found the patient Quartermain")
    (only,) = exporter.get_finished_spans()
    assert dict(only.attributes) == {"calipers.error": "UsageError"}
    assert not only.events
    assert "Quartermain" not in only.to_json()
