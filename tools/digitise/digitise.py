"""`digitise`: from a picture or PDF of an ECG to millivolts."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.digitisation import DOUBT, Digitisation
from calipers.errors import PictureNotDigitised, UnreadableInput
from calipers.models.segmenter.segmenter import PX_MM
from calipers.models.tracer.windows import UNKNOWN, code_of
from calipers.tools.digitise.arrangement import Arranged
from calipers.tools.digitise.by_lines import read_by_lines
from calipers.tools.digitise.columns import pulse_side
from calipers.tools.digitise.names import lead_names
from calipers.tools.digitise.order import arrange
from calipers.tools.digitise.orientation import UPRIGHT_NAMES, Oriented, upright
from calipers.tools.digitise.picture_file import MAX_PAGES, is_pdf, page_count, picture
from calipers.tools.digitise.scale import SLIGHTLY_AT_MOST, with_speed_by_beats
from calipers.tools.digitise.signals import Leads, leads_of
from calipers.tools.digitise.speed_by_beats import speed_by_beats
from calipers.tools.digitise.statement import PLACE_MM, statement
from calipers.tools.digitise.straighten import Flat, straighten
from calipers.tools.digitise.strips import MOST_MOVED_MM, with_columns_by_strips, with_strips_by_signal
from calipers.tools.digitise.tracing import Row, Track, follow, no_track
from calipers.tools.digitise.trust import Evidence, doubts, evidence
from calipers.tools.digitise.vector_lines import trace_lines

Float32 = NDArray[np.float32]
Image = NDArray[np.uint8]


class Digitised(NamedTuple):
    """What a picture gave.

    Attributes:
        signal_mv: (12, n) millivolts at 500 Hz, NaN where unseen.
        confidence: (12, n) in 0–1.
        digitisation: how.
        image: (h, w, 3) uint8, the picture or drawn page.
    """

    signal_mv: Float32
    confidence: Float32
    digitisation: Digitisation
    image: Image


def digitise(path: Path, *, page: int | None = None, threads: int = 2) -> Digitised:
    """Read the first ECG of a picture or PDF.

    Args:
        path: a picture or PDF.
        page: from 0; None for the first that holds an ECG among the first `MAX_PAGES`.
        threads: of the networks.

    Raises:
        UnreadableInput: no ECG in it, or not a picture that can be opened.
        PictureNotDigitised: there is ECG paper, but a step of reading it failed.
    """
    count = page_count(path)
    pages = range(min(count, MAX_PAGES)) if page is None else (page,)
    failed: UnreadableInput | None = None
    for number in pages:
        try:
            found = digitise_picture(picture(path, number), threads=threads)
        except UnreadableInput as refused:
            if failed is None or (
                isinstance(refused, PictureNotDigitised) and not isinstance(failed, PictureNotDigitised)
            ):
                failed = refused
            continue
        if is_pdf(path):
            found = read_by_lines(found, trace_lines(path, number))
        notes = found.digitisation.notes
        if count > 1:
            notes = (*notes, f"page {number + 1} of {count} was read; the others were not")
        stated = found.digitisation.model_copy(update={"page": number, "pages": count, "notes": notes})
        return found._replace(digitisation=stated)
    if count > len(pages) and page is None:
        raise UnreadableInput(f"found no ECG on the first {len(pages)} of {count} pages; needed it among them")
    assert failed is not None
    raise failed


def digitise_picture(image: Image, *, threads: int = 2) -> Digitised:
    """Read the ECG in one picture, (h, w, 3) uint8; errors as of `digitise`."""
    found, known = read_with_evidence(image, threads=threads)
    stated = found.digitisation
    notes = (*doubts(known, stated.scale_found, stated.segments), *stated.notes)
    return found._replace(digitisation=stated.model_copy(update={"notes": notes}))


def read_with_evidence(image: Image, *, threads: int = 2) -> tuple[Digitised, Evidence]:
    """What was read in one picture, and what the reading knows of itself; not yet doubted, nor refused for it."""
    flat, read = _flat_and_upright(image, threads)
    if read.arranged is None:
        assert read.refused is not None
        raise read.refused
    tracks, leads = _followed(read, threads)
    taken = read.scale.speed_mm_s
    if not read.scale.speed_sure and (speed := speed_by_beats(leads.signal_mv, taken)) is not None:
        read = _at_speed(read, speed)
        if speed != taken:
            tracks, leads = _followed(read, threads)
    assert read.arranged is not None
    moved = with_columns_by_strips(read.arranged, leads, read.scale.speed_mm_s)
    if moved != read.arranged:
        leads = leads_of(moved, tracks, read.scale, PLACE_MM)
    renamed = with_strips_by_signal(moved, leads, read.rows)
    if renamed != moved:
        leads = leads_of(renamed, tracks, read.scale, PLACE_MM)
    read = read._replace(arranged=renamed)
    known = evidence(leads.segments, leads.stretches, renamed, read.parts.trace, tracks)
    return Digitised(leads.signal_mv, leads.confidence, statement(image, flat, read, leads), image), known


def _flat_and_upright(image: Image, threads: int) -> tuple[Flat, Oriented]:
    """The page; flattened once more where what is printed on it says that its grid was taken for another."""
    flat = straighten(image, PX_MM)
    read = upright(flat, threads)
    if read.too_large == 1.0:
        return flat, read
    again = straighten(image, PX_MM, read.too_large)
    reread = upright(again, threads)
    # A grid taken slightly too wide or fine is one that was not found: the right one is, at more places.
    found = again.grid_nodes > flat.grid_nodes or abs(read.too_large - 1) > SLIGHTLY_AT_MOST
    if found and reread.too_large == 1.0 and reread.names_right >= min(read.names_right, UPRIGHT_NAMES):
        return again, reread
    said = (
        f"{DOUBT}by what is drawn and printed on it the page is {1 / read.too_large:.2f} times as large as by its grid"
    )
    return flat, read._replace(scale=read.scale._replace(notes=(*read.scale.notes, said)))


def _followed(read: Oriented, threads: int) -> tuple[list[Track], Leads]:
    """The rows' tracks, and the leads in them.

    Raises:
        PictureNotDigitised: there is none.
    """
    assert read.arranged is not None
    # A row without a lead is print or a table's edge: it is not followed.
    numbers = sorted({cell.row for cell in read.arranged.cells})
    width = read.ink.shape[1]
    rows = [
        Row(read.rows[number].y_mm * PX_MM, _span(number, read), _leads(number, read.arranged, width))
        for number in numbers
    ]
    tracks = [no_track(width) for _ in read.rows]
    for number, track in zip(numbers, follow(read.parts.trace, read.ink, rows, threads=threads), strict=True):
        tracks[number] = track
    leads = leads_of(read.arranged, tracks, read.scale, PLACE_MM)
    if not leads.segments:
        raise PictureNotDigitised(
            "found rows of an ECG, but no trace could be followed; needed a sharper picture", "trace"
        )
    return tracks, leads


def _at_speed(read: Oriented, speed_mm_s: float) -> Oriented:
    """The same page at the speed that its beats tell; another than the one taken is in doubt."""
    scale = with_speed_by_beats(read.scale, speed_mm_s)
    if speed_mm_s == read.scale.speed_mm_s:
        return read._replace(scale=scale if read.scale.speed_assumed else read.scale)
    said = f"{DOUBT}the paper's speed was told by rate, PR and QRS alone: {speed_mm_s:g} mm/s"
    names, sides = lead_names(read.words), pulse_side(read.parts.pulse, read.rows)
    arranged = arrange(read.rows, names, read.drawn, speed_mm_s, sides)
    return read._replace(scale=scale._replace(notes=(*scale.notes, said)), arranged=arranged)


def _span(row: int, read: Oriented) -> tuple[int, int]:
    """First and last pixel column of a row's cells, and of where strips may move them."""
    assert read.arranged is not None
    cells = [cell for cell in read.arranged.cells if cell.row == row]
    left = min((cell.left_mm for cell in cells), default=read.rows[row].left_mm)
    right = max((cell.right_mm for cell in cells), default=read.rows[row].right_mm)
    first = max(0, round((left - MOST_MOVED_MM) * PX_MM))
    return first, max(first + 2, min(read.parts.trace.shape[1], round((right + MOST_MOVED_MM) * PX_MM)))


def _leads(row: int, arranged: Arranged, width: int) -> NDArray[np.int64]:
    """(width,) number of the lead that a row shows in each column."""
    codes = np.full(width, UNKNOWN, np.int64)
    for cell in sorted((cell for cell in arranged.cells if cell.row == row), key=lambda cell: cell.left_mm):
        codes[max(0, round(cell.left_mm * PX_MM)) :] = code_of(cell.lead, inverted=cell.inverted)
    return codes
