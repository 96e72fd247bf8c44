"""HTML in which text is escaped unless it was built here."""

from __future__ import annotations

import json
import re
from html import escape
from typing import Final

#: Elements that hold nothing and have no end tag.
_VOID: Final = frozenset({"br", "meta", "link", "img"})
#: Control characters have no meaning in HTML and hide text in some viewers.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
#: A page has tens of thousands of texts; most hold nothing that needs a second look.
_PLAIN: Final = re.compile(r"[\w .,:;/#()%+*=~°±·-]*")


class Html(str):
    """Markup that is already safe; every other string is text."""

    __slots__ = ()


def text(content: str) -> Html:
    """A text as HTML: escaped, control and direction-override characters replaced."""
    if isinstance(content, Html):
        return content
    return Html(content if _PLAIN.fullmatch(content) else escape(_CONTROL.sub("�", content), quote=True))


def join(*parts: str) -> Html:
    """Several pieces one after another; plain strings are escaped."""
    return Html("".join(text(part) for part in parts))


def tag(element: str, /, *children: str, **attributes: str | float | bool | None) -> Html:
    """One element. `class_` is `class`, `data_id` is `data-id`; None and False leave an attribute out.

    >>> tag("b", "1 < 2", title='"')
    '<b title="&quot;">1 &lt; 2</b>'
    """
    written = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        spelled = key.rstrip("_").replace("_", "-")
        if value is True:
            written.append(f" {spelled}")
        else:
            content = value if isinstance(value, str) else f"{round(value, 3):g}"
            written.append(f' {spelled}="{text(content)}"')
    start = f"<{element}{''.join(written)}>"
    return Html(start if element in _VOID else f"{start}{join(*children)}</{element}>")


def embedded_json(content: object) -> Html:
    """JSON that can stand inside a script element: it holds no `<`, so it cannot close it."""
    encoded = json.dumps(content, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return Html(encoded.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
