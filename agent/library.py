"""What one agent judges by and cites from: the installed criteria and guidelines, and files of the user's own.

Each agent has its own; it is in use within the agent's runs and the threads that they start, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from calipers.knowledge import StatementTable
from calipers.knowledge.guidelines import Corpus, citing_from, with_folders
from calipers.knowledge.reading import CriteriaError
from calipers.knowledge.table import criteria_folder, judging_by, load


@dataclass(frozen=True)
class Library:
    """The statement table and the guideline corpus of one agent; None where they are the installed ones."""

    table: StatementTable | None = None
    corpus: Corpus | None = None

    @classmethod
    def of(cls, criteria: Sequence[str | Path] = (), guidelines: Sequence[str | Path] = ()) -> Library:
        """The installed criteria and guidelines with others.

        Args:
            criteria: YAML files as in `knowledge/criteria`, or folders of them; a file may also hold `sources`,
                `urgency`, and `replaces`, the installed statements that it gives anew.
            guidelines: folders of YAML files as in `knowledge/guidelines`.

        Raises:
            CriteriaError: a file of criteria is not valid; the message names file, statement and field.
            GuidelineError: a folder of guidelines is not valid.
        """
        files = [file for path in criteria for file in _files(Path(path))]
        return cls(
            load(criteria_folder(), files) if files else None,
            with_folders([Path(folder) for folder in guidelines]) if guidelines else None,
        )

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Judge by these criteria and cite from these guidelines here."""
        with judging_by(self.table), citing_from(self.corpus):
            yield


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    found = sorted(path.glob("*.yaml"))
    if not found:
        raise CriteriaError(f"found no criteria at `{path}`; needed a YAML file as in knowledge/criteria, or a folder")
    return found
