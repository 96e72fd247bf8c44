"""XML from strangers: entity bombs and external references are refused before any parser acts on them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from calipers.errors import UnreadableInput
from calipers.tools.read.files import shown

#: Parsers hold an XML several times over in memory; a 10 s ECG is below 1 MB.
MAX_XML_MB: Final = 256
#: An aECG nests about 20 deep.
MAX_DEPTH: Final = 200
_MEGABYTE: Final = 1024 * 1024


class _Outline:
    """A parser target that keeps the root's name and the depth, and no tree."""

    def __init__(self) -> None:
        self.root = ""
        self.depth = 0
        self.deepest = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.root = self.root or tag
        self.depth += 1
        self.deepest = max(self.deepest, self.depth)
        if self.deepest > MAX_DEPTH:
            raise UnreadableInput(f"found XML nested more than {MAX_DEPTH} deep; needed an ECG")

    def end(self, tag: str) -> None:
        self.depth -= 1

    def data(self, text: str) -> None:
        pass

    def close(self) -> None:
        pass


def check_xml(path: Path, size_bytes: int) -> str:
    """The name of the root element of an XML that is safe to parse.

    The document is streamed through defusedxml without building a tree. A document that is not well
    formed passes as "" here: some carts write bytes that their declared encoding does not allow, the
    format's own parser (also defused) knows how to take them, and reports what it cannot.

    Raises:
        UnreadableInput: it declares entities, refers to other files, is nested absurdly or too large.
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser, ParseError

    name = shown(path.name)
    if size_bytes > MAX_XML_MB * _MEGABYTE:
        raise UnreadableInput(
            f"found {size_bytes / _MEGABYTE:,.0f} MB of XML in `{name}`; needed at most {MAX_XML_MB} MB"
        )
    outline = _Outline()
    parser = DefusedXMLParser(target=outline)
    try:
        with path.open("rb") as stream:
            for chunk in iter(lambda: stream.read(_MEGABYTE), b""):
                parser.feed(chunk)
        parser.close()
    except DefusedXmlException as unsafe:
        raise UnreadableInput(
            f"found XML that declares entities or refers outside itself in `{name}`; needed a plain one"
        ) from unsafe
    except (ParseError, ValueError, LookupError):  # ValueError, LookupError: an encoding Python lacks
        return ""
    return outline.root.rsplit("}", 1)[-1]
