"""`calipers chat`: the conversation of the chat page in a terminal, the trace as a picture file."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.text import Text

from calipers.agent.cli.options import ModelOption, Reading, reading_options, stderr, stdout, working
from calipers.errors import CalipersError, UsageError

if TYPE_CHECKING:
    from calipers.agent.api import Agent
    from calipers.agent.events import Answer, Event
    from calipers.ecg import Ecg
    from calipers.evidence import Evidence
    from calipers.tools.generate import Synthesis

_HELP: Final = "Ask about the ECG. /cite ID: what a citation holds; /show ID…: draw citations on the trace; /quit."


@reading_options()
def chat(
    how: Reading,
    record: Annotated[
        list[Path] | None, typer.Argument(help="ECG file; none to go on with --thread", show_default=False)
    ] = None,
    prior: Annotated[list[Path] | None, typer.Option("--prior", help="An earlier ECG of the same patient")] = None,
    thread: Annotated[str | None, typer.Option("--thread", help="Go on with an earlier conversation")] = None,
    pictures: Annotated[Path, typer.Option("--pictures", help="Folder for pictures of the trace")] = Path("."),
    model: ModelOption = None,
) -> None:
    """Talk about one ECG in the terminal; every claim is verified, its citations stand behind it as ids."""
    import calipers

    if not record and thread is None:
        raise UsageError("found neither a record nor --thread; needed an ECG file, or a conversation to go on with")
    with working("reading"):
        ecg = how.read(record) if record else None
        priors = [how.read(path) for path in prior or []]
    with calipers.Agent(model) as agent:
        if ecg is None:
            ecg = agent.ecg_of(str(thread))
        _Conversation(agent, thread or f"chat-{secrets.token_hex(4)}", ecg, priors, pictures).run()


class _Conversation:
    """One sitting: reads lines, prints claims as they are verified, writes pictures."""

    def __init__(self, agent: Agent, thread: str, ecg: Ecg, priors: list[Ecg], pictures: Path) -> None:
        self._agent = agent
        self._thread = thread
        self._ecg = ecg
        self._priors = priors
        self._folder = pictures
        self._drawn = 0
        self._cited: dict[str, Evidence] = dict(agent.store.put(ecg).measurements)

    def run(self) -> None:
        """Until the end of the input, or `/quit`."""
        from calipers.agent.cli import show

        show.heading(stdout, self._ecg)
        self._draw([])
        stdout.print(Text(f"{_HELP} Conversation {self._thread}.", style="dim"))
        for line in _lines():
            try:
                if line.startswith("/quit"):
                    return
                if line.startswith("/"):
                    self._command(line)
                else:
                    self._answer(self._ask(line))
            except CalipersError as problem:
                stderr.print(f"calipers: {problem}", markup=False, highlight=False)
            except KeyboardInterrupt:
                stdout.print(Text("given up; the question can be asked again", style="yellow"))

    def _ask(self, line: str) -> Answer:
        # A generated ECG is named as such at the start, and every claim about it is marked.
        marked = self._ecg.synthetic
        return self._agent.ask(self._thread, line, self._ecg, self._priors, listen=self._heard, allow_synthetic=marked)

    def _command(self, line: str) -> None:
        from calipers.agent.report_page.citations import facts, words

        verb, *ids = line.split()
        unknown = [key for key in ids if key not in self._cited]
        if verb not in ("/cite", "/show") or not ids or unknown:
            found = f"unknown id `{unknown[0]}`" if unknown else f"`{line}`"
            raise UsageError(f"found {found}; needed /cite ID, /show ID…, or /quit")
        if verb == "/show":
            self._draw(ids)
            return
        for key in ids:
            stdout.print(Text(words(self._cited[key]), style="bold"))
            for term, text in facts(self._cited[key]):
                stdout.print(Text(f"  {term}: {text}"))

    def _heard(self, event: Event) -> None:
        """Print what happens as it happens; a claim is verified before it gets here."""
        if event.kind == "step":
            given = ", ".join(f"{name}={value}" for name, value in event.step.arguments.items())
            stdout.print(Text(f"  {event.step.name}({given})  {1000 * event.step.seconds:.0f} ms", style="dim"))
        elif event.kind == "claim":
            hedge = "" if event.claim.certainty == "definite" else f" ({event.claim.certainty})"
            hedge += " (synthetic ECG)" if event.claim.synthetic else ""
            hedge += " (read from a picture)" if event.claim.digitised else ""
            ids = ", ".join([*event.claim.evidence[:6], *(["…"] if len(event.claim.evidence) > 6 else [])])
            stdout.print(Text.assemble(f"• {event.claim.text}{hedge}  ", (f"[{ids}]", "dim")))
        elif event.kind == "withheld":
            stdout.print(Text(f"withheld: {event.withheld.claim.text}: {event.withheld.reason}", style="yellow"))

    def _answer(self, answer: Answer) -> None:
        while answer.interrupt is not None:
            said = input(f"{answer.interrupt['text']} ")
            consent = answer.interrupt.get("kind") == "consent"
            value = said.strip().lower() in ("y", "yes") if consent else said
            answer = self._agent.resume(self._thread, value, listen=self._heard)
        rest = answer.text
        for claim in answer.claims:
            rest = rest.replace(claim.text, "")
        if rest := " ".join(rest.split()):
            stdout.print(Text(rest))
        if answer.report is not None:
            self._cited |= {item.id: item for item in answer.report.evidence_table}
        for picture in answer.pictures:
            self._written(picture.data)
        for made in answer.syntheses:
            self._generated(made)

    def _generated(self, made: Synthesis) -> None:
        """What was asked for beside what was measured, and the ECG as a record that says that it is synthetic."""
        from calipers.tools.generate.writing import write

        for line in made.lines():
            stdout.print(Text(f"  {line}"))
        self._drawn += 1
        header, *_ = write(made, self._folder / f"synthetic-{self._thread}-{self._drawn}.hea")
        stdout.print(Text(f"Synthetic ECG, not recorded from a person: {header}", style="yellow"))

    def _draw(self, ids: list[str]) -> None:
        from calipers.tools.render import render

        measurements = self._agent.store.put(self._ecg).measurements
        drawn = [key for key in ids if key in measurements]
        self._written(render(self._ecg, measurements=measurements, evidence=drawn).data)

    def _written(self, data: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._drawn += 1
        path = self._folder / f"trace-{self._thread}-{self._drawn}.png"
        path.write_bytes(data)
        stdout.print(Text(f"Trace: {path}", style="dim"))


def _lines() -> Iterator[str]:
    """What the user types, line by line; a pipe is read without a prompt."""
    while True:
        try:
            line = input("> " if sys.stdin.isatty() else "").strip()
        except (EOFError, KeyboardInterrupt):
            return
        if line:
            yield line
