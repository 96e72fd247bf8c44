"""What goes out of a run: its events as they come, and at the end all that the answer holds beside its claims."""

from __future__ import annotations

import textwrap
import time
from typing import TYPE_CHECKING, Any, Final

from calipers.agent.server.live import LiveRun
from calipers.parameters import PARAMETERS, short_name
from calipers.printing import printed_value

if TYPE_CHECKING:
    from calipers.agent.events import Answer, Event
    from calipers.tools.generate import Synthesis
    from calipers.tools.generate.synthesis import Item

_LONGEST_TITLE: Final = 80


def wire_event(event: Event) -> tuple[str, dict[str, Any]] | None:
    """An event of the agent as it goes out; how a run ends is told by its answer."""
    for name in ("step", "claim", "withheld"):
        if event.kind == name:
            return name, getattr(event, name).model_dump(mode="json")
    return None


def finish(run: LiveRun, answer: Answer) -> None:
    """Tell what the answer holds beyond its claims, keep its report, and end the run."""
    if answer.interrupt is not None:
        run.add("interrupt", answer.interrupt)
        run.become("waiting")
        return
    desk, report = run.workspace, answer.report
    if report is not None:
        desk.records.keep_report(run.row.id, report.model_dump_json())
    pictures = [desk.records.add_picture(run.row.id, one.media_type, one.data) for one in answer.pictures]
    generated = [_generated(one, desk.add(one.ecg, _title(run.row.question)).id) for one in answer.syntheses]
    if said := _sentences(answer):
        run.add("token", {"text": said, "kind": "sentence"})
    provenance = report.provenance if report else None
    run.add(
        "done",
        {
            "run_id": run.row.id,
            "text": answer.text,
            "pictures": pictures,
            "generated": generated,
            "model": provenance.model if provenance else "none",
            "model_reason": provenance.model_reason if provenance else "",
            "urgency": report.urgency if report else None,
            "disagreements": [one.model_dump(mode="json") for one in report.disagreements] if report else [],
            "seconds": round(time.perf_counter() - run.started, 3),
        },
    )
    run.become("done")


def _title(question: str) -> str:
    """What a generated ECG is called in the list: the words that asked for it."""
    return textwrap.shorten(question, _LONGEST_TITLE, placeholder=" …")


def _sentences(answer: Answer) -> str:
    """What an answer says beside its claims: greetings, refusals, questions back."""
    text = answer.text
    for claim in sorted({claim.text for claim in answer.claims}, key=len, reverse=True):
        text = text.replace(claim, "")
    return " ".join(text.split())


def _generated(made: Synthesis, case_id: str) -> dict[str, Any]:
    """A generated ECG: its case, and what was asked for beside what was measured, in words."""
    items = [
        {
            "name": _name(item.name),
            "requested": _words(item, item.requested),
            "obtained": _words(item, item.obtained),
            "met": item.met,
        }
        for item in made.items
    ]
    return {"case_id": case_id, "met": made.met, "items": items}


def _name(name: str) -> str:
    """`V3 ST J` of a measurement, `Right bundle branch block` of a statement."""
    # The criteria are read after the server is up.
    from calipers.knowledge import statements

    lead, dot, bare = name.rpartition(".")
    if bare in PARAMETERS:
        return f"{lead}{' ' if dot else ''}{short_name(bare)}"
    return statements()[name].label if name in statements() else name.replace("_", " ")


def _words(item: Item, value: float | str | None) -> str:
    return str(value).replace("_", " ") if isinstance(value, str) else printed_value(value, item.unit)
