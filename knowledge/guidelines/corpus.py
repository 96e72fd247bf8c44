"""The guideline corpus: documents with their society and year, and passages that paraphrase them.

A passage states one fact in our words. `seen_at` is the public page in which that fact was read; where it
is None the fact was written from knowledge of the document and not read again, and readers are told so.
Section, class and level stand only where they were seen.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import yaml
from pydantic import Field, StringConstraints, TypeAdapter, ValidationError, field_validator

from calipers.errors import CalipersError
from calipers.evidence import Frozen, GuidelinePassage

_FOLDER: Final = files("calipers.knowledge.guidelines")
_SEEN: Final = "seen.yaml"
#: libyaml's loader is ten times faster, and missing from some builds of PyYAML.
_LOADER: Final[type[Any]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: A paraphrase is never a quotation, and what stands in braces would be taken for a slot.
_FORBIDDEN: Final = re.compile(r"[\"“”«»„‟‘‚‹›`´{}]|(?<!\w)['’]|['’](?!\w)")

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$")]
Phrase = Annotated[str, StringConstraints(min_length=2, strip_whitespace=True)]


class GuidelineError(CalipersError):
    """A guideline file does not say what it should; the message names file and field."""


class _Entry(Frozen):
    """One passage as it stands in a file."""

    id: Key
    text: Annotated[str, StringConstraints(min_length=30, max_length=600)]
    topics: Annotated[tuple[Phrase, ...], Field(min_length=1)]
    statements: tuple[Key, ...] = ()
    seen: Key | None = None
    section: str | None = None
    recommendation_class: str | None = None
    level: str | None = None

    @field_validator("text")
    @classmethod
    def _is_a_sentence(cls, text: str) -> str:
        if not text.endswith("."):
            raise ValueError("needed a sentence that ends with a full stop")
        if found := _FORBIDDEN.search(text):
            raise ValueError(f"found the sign {found.group()!r}; needed plain words, a prime as ′")
        return text


class Document(Frozen):
    """A published document. `supersedes` names the documents that it replaced."""

    key: Key
    society: Phrase
    year: Annotated[int, Field(ge=1940, le=2100)]
    title: Phrase
    doi: str | None = None
    supersedes: tuple[Phrase, ...] = ()


class _DocumentEntry(Document):
    passages: Annotated[tuple[_Entry, ...], Field(min_length=1)]


class Passage(Frozen):
    """One paraphrased fact with its document.

    Attributes:
        id: evidence id, `guide:<document>.<passage>`.
        topics: how clinicians ask for it; searched together with the text.
        statements: keys of the diagnostic statements that it serves.
        seen_at: page in which the fact was read; None where it was not read again at a source.
    """

    id: str
    text: str
    document: Document
    topics: tuple[str, ...]
    statements: tuple[str, ...] = ()
    seen_at: str | None = None
    section: str | None = None
    recommendation_class: str | None = None
    level: str | None = None

    @property
    def source(self) -> str:
        """`AHA/ACCF/HRS 2009`."""
        return f"{self.document.society} {self.document.year}"

    @property
    def searched(self) -> str:
        """What the index sees: topics, then the text."""
        return f"{'; '.join(self.topics)}. {self.text}"

    def evidence(self, record: str) -> GuidelinePassage:
        """The passage as an item of one record's ledger."""
        return GuidelinePassage(
            id=self.id,
            record=record,
            text=self.text,
            society=self.document.society,
            year=self.document.year,
            title=self.document.title,
            section=self.section,
            recommendation_class=self.recommendation_class,
            level=self.level,
            seen_at=self.seen_at,
        )


class Corpus(NamedTuple):
    """Every passage by its id, in the order of the files.

    Attributes:
        passages: by id.
        sha256: over what the index is built from, ids, topics and texts.
        name: of its index; each set of folders has its own.
    """

    passages: Mapping[str, Passage]
    sha256: str
    name: str


_INDEX: Final = "guidelines"
_IN_USE: Final[ContextVar[Corpus | None]] = ContextVar("guidelines", default=None)


@cache
def installed() -> Corpus:
    """The corpus of this installation.

    Raises:
        GuidelineError: a file is not valid.
    """
    return _corpus(read_corpus(_FOLDER), _INDEX)


def with_folders(folders: Sequence[Path]) -> Corpus:
    """The installed corpus and the guideline files of other folders.

    Raises:
        GuidelineError: a folder or file is not valid, or an id is taken.
    """
    known = dict(installed().passages)
    for folder in folders:
        if not folder.is_dir():
            raise GuidelineError(f"found no folder `{folder}`; needed one of guideline files")
        added = read_corpus(folder)
        if not added:
            raise GuidelineError(f"found no guideline file in `{folder}`; needed YAML files as in knowledge/guidelines")
        if taken := sorted(set(added) & set(known)):
            raise GuidelineError(f"found passage `{taken[0]}` in `{folder}`, which there is already; needed another id")
        known |= added
    where = "\0".join(str(folder.resolve()) for folder in folders)
    return _corpus(known, f"own-{hashlib.sha256(where.encode()).hexdigest()[:12]}")


def corpus() -> Corpus:
    """The corpus in use here: the installed one, or that of the agent at work in this context."""
    return _IN_USE.get() or installed()


@contextmanager
def citing_from(own: Corpus | None) -> Iterator[None]:
    """Use a corpus within this context and the threads that it starts; None means the installed one."""
    token = _IN_USE.set(own)
    try:
        yield
    finally:
        _IN_USE.reset(token)


def passages() -> Mapping[str, Passage]:
    """Every passage in use here by its id, in the order of the files."""
    return corpus().passages


def corpus_sha256() -> str:
    """Hash of what the index is built from: ids, topics and texts."""
    return corpus().sha256


def _corpus(known: Mapping[str, Passage], name: str) -> Corpus:
    digest = hashlib.sha256()
    for passage in known.values():
        digest.update(f"{passage.id}\0{passage.searched}\0".encode())
    return Corpus(known, digest.hexdigest(), name)


def read_corpus(folder: Traversable) -> dict[str, Passage]:
    """Read and check a folder of guideline files.

    Raises:
        GuidelineError: a file is not valid; the message names file and field.
    """
    pages = _checked(_SEEN, TypeAdapter(dict[str, str]), folder) if (folder / _SEEN).is_file() else {}
    found: dict[str, Passage] = {}
    for name in sorted(file.name for file in folder.iterdir() if file.name.endswith(".yaml") and file.name != _SEEN):
        for entry in _checked(name, TypeAdapter(list[_DocumentEntry]), folder):
            document = Document(**entry.model_dump(exclude={"passages"}))
            for item in entry.passages:
                key = f"guide:{document.key}.{item.id}"
                if key in found:
                    raise GuidelineError(f"{name}: found passage `{key}` twice")
                if item.seen is not None and item.seen not in pages:
                    raise GuidelineError(f"{name}: passage `{key}` names page `{item.seen}`, which {_SEEN} does not")
                facts = item.model_dump(exclude={"id", "seen"})
                seen_at = None if item.seen is None else pages[item.seen]
                found[key] = Passage(id=key, document=document, seen_at=seen_at, **facts)
    return found


def _checked(name: str, adapter: TypeAdapter[Any], folder: Traversable) -> Any:
    try:
        return adapter.validate_python(yaml.load((folder / name).read_text(encoding="utf-8"), Loader=_LOADER))
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ", ".join(str(part) for part in first["loc"])
        raise GuidelineError(f"{name}: {where}: {first['msg']}") from problem
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        raise GuidelineError(f"{name}: not valid YAML: {problem}") from problem
