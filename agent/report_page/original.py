"""The picture that the ECG was read from, with calipers on what the claims cite."""

from __future__ import annotations

import base64
from typing import Final

from calipers.agent.report_page.markup import Html, tag
from calipers.digitisation import Digitisation
from calipers.ecg import Ecg
from calipers.report import Report
from calipers.tools.render.on_picture import render_on_picture

_ALWAYS: Final = ("pr", "qrs", "qt")
#: More than this hides the trace.
_MOST: Final = 12


def original(report: Report, ecg: Ecg) -> Html:
    """A section with the page itself; nothing for an ECG that was recorded, or whose picture was not kept."""
    how = ecg.source.digitisation
    if ecg.source.picture is None:
        return Html("")
    if how is None:
        return _unread(ecg.source.picture)
    drawn = render_on_picture(ecg, {item.id: item for item in report.measurements}, shown_on_picture(report))
    caption = (
        f"The picture as it was given, with whatever is written on it; {len(drawn.drawn)} measurements drawn where"
        " they were read. The trace above is what was read from it."
    )
    return tag(
        "section",
        tag("h2", "Original picture"),
        tag(
            "figure",
            tag(
                "img",
                src=_url(drawn.data),
                alt=f"ECG page, {how.layout}, with calipers on {', '.join(drawn.drawn)}",
                class_="page",
            ),
            tag("figcaption", tag("p", caption, class_="note"), _how(how)),
        ),
        class_="original",
    )


def _unread(page: bytes) -> Html:
    words = "The picture as it was given. It could not be turned into a signal."
    figure = tag("figure", tag("img", src=_url(page), alt="ECG page", class_="page"), tag("p", words, class_="note"))
    return tag("section", tag("h2", "Original picture"), figure, class_="original")


def _url(page: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(page).decode()}"


def shown_on_picture(report: Report) -> list[str]:
    """The usual intervals, and what the findings cite."""
    items = {item.id: item for item in report.measurements}
    found = [
        key for claim in report.claims if claim.statement and claim.polarity == "present" for key in claim.evidence
    ]
    wanted = [key for key in dict.fromkeys((*_ALWAYS, *found)) if key in items]
    return [key for key in wanted if items[key].status == "measured" and items[key].spans][:_MOST]


def _how(how: Digitisation) -> Html:
    from calipers.tools.measure.digitised import remarks

    return tag("ul", *(tag("li", remark) for remark in remarks(how)))
