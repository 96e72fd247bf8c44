"""A report as sections of paragraphs, tables and figures, written as Markdown and as one HTML file."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final, NamedTuple

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c1c1c; --faint: #555; --line: #d8d8d8; --paper: #fff }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e8; --faint: #a8a8a8; --line: #3d3d3d; --paper: #161616 } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
h1 { margin-bottom: 0 } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line) }
.subtitle { color: var(--faint); margin-top: .2rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums }
caption { caption-side: top; text-align: left; color: var(--faint); padding-bottom: .3rem }
th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap }
th:first-child, td:first-child { text-align: left; white-space: normal; min-width: 8rem }
th { border-bottom: 2px solid var(--faint) }
figure { margin: 1.5rem 0 } figure img { max-width: 100%; height: auto; background: #fff; border-radius: 6px }
figcaption { color: var(--faint) }
"""


@dataclass(frozen=True)
class Table:
    """Rows of text under a header; the first column names the row."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""


class Figure(NamedTuple):
    """A picture with its file name (no suffix), what it shows, and its PNG bytes."""

    name: str
    caption: str
    png: bytes


#: A paragraph is a plain string.
Block = str | Table | Figure


class Section(NamedTuple):
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A report."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]

    def figures(self) -> list[Figure]:
        """Every figure, in order."""
        return [block for section in self.sections for block in section.blocks if isinstance(block, Figure)]


def write(document: Document, folder: Path, name: str) -> list[Path]:
    """Write `name.md` with its figures beside it, and `name.html`, which needs no other file.

    Returns:
        The two reports.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for figure in document.figures():
        (folder / f"{figure.name}.png").write_bytes(figure.png)
    markdown, page = folder / f"{name}.md", folder / f"{name}.html"
    markdown.write_text(to_markdown(document), encoding="utf-8")
    page.write_text(to_html(document), encoding="utf-8")
    return [markdown, page]


def to_markdown(document: Document) -> str:
    """Markdown with tables; figures are named as files beside it."""
    parts = [f"# {document.title}", document.subtitle]
    for section in document.sections:
        parts.append(f"## {section.title}")
        for block in section.blocks:
            if isinstance(block, Table):
                parts.append(_markdown_table(block))
            elif isinstance(block, Figure):
                parts.append(f"![{block.caption}]({block.name}.png)\n\n*{block.caption}*")
            else:
                parts.append(block)
    return "\n\n".join(parts) + "\n"


def to_html(document: Document) -> str:
    """One self-contained page; figures are inside it."""
    body = []
    for section in document.sections:
        body.append(f"<h2>{escape(section.title)}</h2>")
        body.extend(_html_block(block) for block in section.blocks)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(document.title)}</title><style>{_STYLE}</style></head><body>\n"
        f'<h1>{escape(document.title)}</h1><p class="subtitle">{escape(document.subtitle)}</p>\n'
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def _markdown_table(table: Table) -> str:
    def row(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    rule = "|" + "|".join(["---", *["---:"] * (len(table.header) - 1)]) + "|"
    lines = "\n".join([row(table.header), rule, *(row(cells) for cells in table.rows)])
    return f"{table.caption}\n\n{lines}" if table.caption else lines


def _html_block(block: Block) -> str:
    if isinstance(block, Table):
        head = "".join(f"<th>{escape(cell)}</th>" for cell in block.header)
        rows = "\n".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in cells) + "</tr>" for cells in block.rows)
        caption = f"<caption>{escape(block.caption)}</caption>" if block.caption else ""
        return f'<div class="wide"><table>{caption}<thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table></div>'
    if isinstance(block, Figure):
        png = base64.b64encode(block.png).decode("ascii")
        image = f'<img alt="{escape(block.caption)}" src="data:image/png;base64,{png}">'
        return f"<figure>{image}<figcaption>{escape(block.caption)}</figcaption></figure>"
    return f"<p>{escape(block)}</p>"
