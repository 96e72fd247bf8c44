"""Reports, measurements and chains as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from calipers.agent.cli import show_changes
from calipers.agent.doubt import doubt, undoubted
from calipers.agent.report_page.claims import about_words
from calipers.agent.usable_models import Finding
from calipers.ecg import Ecg
from calipers.evidence import Measurement
from calipers.leads import LEADS
from calipers.parameters import PARAMETERS
from calipers.printing import printed, printed_value
from calipers.report import Report
from calipers.tools.explain import Chain
from calipers.tools.measure.timeline import Timeline, clock

_URGENCY_STYLE = {"critical": "bold red", "urgent": "bold yellow", "routine": "green", "not_assessable": "bold magenta"}
_BESIDE = ("hr", "rr_mean", "pr", "qrs", "qt", "qtc_bazett", "qtc_fridericia", "p_axis", "qrs_axis", "t_axis")
_DEVICE_UNIT = {"hr": "/min", "p_axis": "deg", "qrs_axis": "deg", "t_axis": "deg"}


def heading(console: Console, ecg: Ecg) -> None:
    """Who and what, in one line; never a name or an identifier."""
    age = "age unknown" if ecg.patient.age is None else f"{ecg.patient.age:g} years"
    line = (
        f"{len(ecg.present_leads)} leads, {ecg.duration_s:.1f} s at {ecg.fs_hz:g} Hz ({ecg.source.format}); "
        f"{ecg.patient.sex or 'sex unknown'}, {age}; record {ecg.record}"
    )
    console.print(Text(line, style="bold"))
    if ecg.synthetic:
        console.print(Text("SYNTHETIC: not recorded from a person", style="bold red"))
    if ecg.source.digitised:
        console.print(Text("DIGITISED: read from a picture", style="bold yellow"))


def report(console: Console, report: Report) -> None:
    """The report: urgency and impression first, then each claim with its citations."""
    label = report.urgency.replace("_", " ")
    console.print(
        Text(f"\n{label.upper()}  {'; '.join(report.urgency_reasons)}".rstrip(), style=_URGENCY_STYLE[report.urgency])
    )
    console.print(Text(report.impression, style="bold"))
    if report.answer is not None:
        console.print(Text(f"\nQ: {report.question}\nA: {report.answer}"))
    if doubted := doubt(report.quality.reasons):
        console.print(Text(doubted, style="bold yellow"))
    if remarks := undoubted(report.quality.reasons):
        console.print(Text("Quality: " + "; ".join(remarks), style="yellow"))
    console.print()
    for claim in report.claims:
        mark = "–" if claim.polarity == "absent" else "•"
        hedge = "" if claim.certainty == "definite" else f" ({claim.certainty})"
        cites = _shortened([*claim.evidence, *(f"crit:{key}" for key in claim.criteria)])
        console.print(Text.assemble(f"{mark} {claim.text}{hedge}  ", (f"[{cites}]", "dim")))
    for item in report.withheld:
        console.print(Text(f"withheld: {item.claim.text}: {item.reason}", style="yellow"))
    show_changes.summary(console, report.changes, report.measurements)
    for disagreement in report.disagreements:
        sides = "; ".join(f"{side.who}: {side.text}" for side in disagreement.sides)
        console.print(Text(f"disagreement about {about_words(disagreement.about)}: {sides}", style="yellow"))


def _shortened(ids: list[str], most: int = 5) -> str:
    return ", ".join(ids[:most]) + (f" and {len(ids) - most} more" if len(ids) > most else "")


def beside_device(console: Console, ecg: Ecg, report: Report) -> None:
    """Our measurements beside the recorder's own."""
    ours = {item.id: item for item in report.measurements}
    table = Table("", "Calipers", "± (95 %)", "recorder", "difference", box=None, pad_edge=False)
    for name in _BESIDE:
        theirs = ecg.source.device_measurements.get(name)
        if name == "hr" and theirs is None and "rr_mean" in ecg.source.device_measurements:
            theirs = 60_000.0 / ecg.source.device_measurements["rr_mean"]
        item = ours[name]
        if theirs is None:
            continue
        unit = _DEVICE_UNIT.get(name, "ms")
        gap = "" if item.number is None else printed_value(item.number - theirs, unit)
        table.add_row(
            PARAMETERS[name].phrase,
            printed(item),
            "" if item.uncertainty is None else f"{item.uncertainty:g}",
            printed_value(theirs, unit),
            gap,
        )
    console.print(table)
    if ecg.source.device_statements:
        console.print(Text("The recorder's own statements: " + "; ".join(ecg.source.device_statements), style="dim"))


def measurements(console: Console, items: Iterable[Measurement]) -> None:
    """Global values as a list, per-lead values as a matrix; single beats are left out."""
    measured = {item.id: item for item in items if item.beat is None}
    table = Table("id", "value", "± (95 %)", "method or reason", box=None, pad_edge=False)
    for item in measured.values():
        if item.lead is None:
            spread = "" if item.uncertainty is None else f"{item.uncertainty:g}"
            table.add_row(item.id, printed(item), spread, item.reason or item.method.split(";")[0])
    console.print(table)
    names = list(dict.fromkeys(item.name for item in measured.values() if item.lead))
    matrix = Table("", *LEADS, box=None, pad_edge=False)
    for name in names:
        matrix.add_row(name, *(_cell(measured.get(f"{lead}.{name}")) for lead in LEADS))
    console.print(matrix)
    console.print(Text("Amplitudes in mV, times in ms; beats: --format json", style="dim"))


def timeline(console: Console, course: Timeline, most: int = 40) -> None:
    """The episodes of a long record, then its rate in ten-minute lines."""
    console.print(Text(f"\n{course.beats} beats in {clock(course.readable_s)} readable of {clock(course.duration_s)}"))
    table = Table("from", "to", "what", "beats", "rate", box=None, pad_edge=False)
    for episode in course.episodes[:most]:
        rate = "" if episode.hr is None else f"{episode.hr:.0f} /min"
        table.add_row(clock(episode.start_s), clock(episode.end_s), episode.label, str(episode.beats), rate)
    console.print(table if course.episodes else Text("no episode"))
    if len(course.episodes) > most:
        console.print(Text(f"and {len(course.episodes) - most} more: --format json", style="dim"))
    minutes = ["·" if rate.mean is None else f"{rate.mean:.0f}" for rate in course.rates]
    console.print(Text("Rate by the minute:"))
    for at in range(0, len(minutes), 10):
        console.print(Text(f"{clock(60.0 * at)}  " + " ".join(f"{minute:>3}" for minute in minutes[at : at + 10])))


def _cell(item: Measurement | None) -> str:
    if item is None or item.status == "not_measurable":
        return "·"
    return printed(item).removesuffix(" ms").removesuffix(" mV")


def chain(console: Console, walked: Chain) -> None:
    """The criteria of one statement in order."""
    outcome = walked.result.replace("_", " ") + (f", {walked.certainty}" if walked.certainty else "")
    console.print(Text(f"{walked.statement.label}: {outcome}", style="bold"))
    if walked.not_applicable_reason or walked.suppressed_by:
        console.print(
            Text(f"  {walked.not_applicable_reason or f'suppressed by {walked.suppressed_by}'}", style="yellow")
        )
    for number, step in enumerate(walked.steps, 1):
        lean = (
            ""
            if step.leans is None or step.result in ("met", "not_met")
            else f", leans {'yes' if step.leans else 'no'}"
        )
        leads = f" in {', '.join(step.leads)}" if step.leads else ""
        console.print(Text(f"{number}. {step.looks_for}: {step.result.replace('_', ' ')}{lean}{leads}"))
        values = ", ".join(f"{value.id} {printed(value)}" for value in step.values[:8])
        console.print(Text(f"   {values}{' …' if len(step.values) > 8 else ''}", style="dim"))
        console.print(Text(f"   {step.source}", style="dim"))
    if walked.stepwise:
        _stepwise(console, walked)


def _stepwise(console: Console, walked: Chain) -> None:
    """The findings in the order in which a reader asks for them, with the decision after each."""
    so_far = {"present": "present", "absent": "absent", "open": "further findings needed"}
    console.print(Text("Asked one at a time:", style="bold"))
    for number, step in enumerate((step for step in walked.stepwise if step.reached), 1):
        lean = (
            ""
            if step.result in ("met", "not_met")
            else " (borderline)"
            if step.leans is not None
            else " (not measured)"
        )
        leads = f" in {', '.join(step.leads)}" if step.leads and step.found else ""
        answer = f"{'found' if step.found else 'not found'}{lean}{leads}"
        console.print(Text(f"{number}. {step.looks_for}: {answer} → {so_far[step.decision]}"))
        where = ", ".join(f"{span.start_s:.2f}–{span.end_s:.2f} s" for span in step.shown[:4])
        console.print(Text(f"   {'; '.join(step.criteria)}{f' | {where}' if where else ''}", style="dim"))


def findings(console: Console, found: Iterable[Finding]) -> None:
    """The state of the installation, one line a part."""
    for item in found:
        mark = "ok     " if item.ok else ("MISSING" if item.needed else "absent ")
        console.print(Text(f"{mark}  {item.part}: {item.detail}", style="" if item.ok else "yellow"))
