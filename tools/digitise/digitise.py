"""`digitise`: from a picture or PDF of an ECG to millivolts."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.digitisation import DOUBT, Digitisation
from calipers.errors import PictureNotDigitised, UnreadableInput
from calipers.models.segmenter.segmenter import PX_MM, Segmented, segment
from calipers.tools.digitise.arrangement import Arranged, arrange, find_rows
from calipers.tools.digitise.by_lines import read_by_lines
from calipers.tools.digitise.columns import Row, pulse_side
from calipers.tools.digitise.ink import pen_ink
from calipers.tools.digitise.names import Found, find_words, lead_names
from calipers.tools.digitise.picture_file import MAX_PAGES, is_pdf, page_count, picture
from calipers.tools.digitise.readings import fitting
from calipers.tools.digitise.scale import Scale, find_pulses, find_scale, with_speed_by_beats
from calipers.tools.digitise.signals import Leads, leads_of
from calipers.tools.digitise.speed_by_beats import speed_by_beats
from calipers.tools.digitise.straighten import Flat, straighten
from calipers.tools.digitise.strips import with_strips_by_signal
from calipers.tools.digitise.tracing import Track, follow, no_track
from calipers.tools.digitise.trust import Evidence, doubts, evidence
from calipers.tools.digitise.vector_lines import trace_lines

Float32 = NDArray[np.float32]
Image = NDArray[np.uint8]

#: Names that must agree before a page is taken to stand upright.
_UPRIGHT_NAMES: Final = 4
#: Leads that are named twice on a picture of two ECGs, the second names all this near one distance from the first.
_TWICE: Final = 5
_SAME_WAY_MM: Final = 6.0
_LEAST_TRACE_SHARE: Final = 0.0006
#: RMS of a place in time on a flat page, and what each millimetre of bend adds, in millimetres of paper.
_PLACE_MM: Final = 0.05
_BEND_PLACE: Final = 0.06
_COARSE_PX_MM: Final = 3.5


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


class _Read(NamedTuple):
    """One orientation of a flat page, segmented and arranged."""

    turns: int
    parts: Segmented
    rows: list[Row]
    words: list[Found]
    scale: Scale
    arranged: Arranged | None
    refused: PictureNotDigitised | None

    @property
    def names_right(self) -> int:
        return self.arranged.named[0] - self.arranged.named[1] if self.arranged else -len(self.words)


def digitise(path: Path, *, page: int | None = None, threads: int = 2) -> Digitised:
    """Read the first ECG of a picture or PDF.

    Args:
        path: a picture or PDF.
        page: from 0; None for the first that holds an ECG among the first `MAX_PAGES`.
        threads: of the segmenter.

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
    flat = straighten(image, PX_MM)
    read = _upright(flat, threads)
    if read.arranged is None:
        assert read.refused is not None
        raise read.refused
    tracks, leads = _followed(flat, read)
    taken = read.scale.speed_mm_s
    if not read.scale.speed_sure and (speed := speed_by_beats(leads.signal_mv, taken)) is not None:
        read = _at_speed(read, speed)
        if speed != taken:
            tracks, leads = _followed(flat, read)
    assert read.arranged is not None
    renamed = with_strips_by_signal(read.arranged, leads, read.rows)
    if renamed != read.arranged:
        read = read._replace(arranged=renamed)
        leads = leads_of(renamed, tracks, read.scale, _PLACE_MM)
    known = evidence(leads.segments, leads.stretches, renamed, read.parts.trace, tracks)
    return Digitised(leads.signal_mv, leads.confidence, _stated(image, flat, read, leads), image), known


def _followed(flat: Flat, read: _Read) -> tuple[list[Track], Leads]:
    """The rows' tracks, and the leads in them.

    Raises:
        PictureNotDigitised: there is none.
    """
    assert read.arranged is not None
    pitch_px = PX_MM * (float(np.median(np.diff([row.y_mm for row in read.rows]))) if len(read.rows) > 1 else 30.0)
    page = np.ascontiguousarray(np.rot90(flat.image, -read.turns))
    trace = read.parts.trace
    # A row without a lead is print or a table's edge: followed, it would hold the rows beside it off their own ink.
    numbers = sorted({cell.row for cell in read.arranged.cells})
    ink = pen_ink(page, trace)
    readings = follow(
        trace,
        ink,
        [read.rows[number].y_mm * PX_MM for number in numbers],
        pitch_px,
        [_span(number, read) for number in numbers],
    )
    nothing = no_track(trace.shape[1])
    tracks = [nothing for _ in read.rows]
    for number, track in zip(numbers, fitting(readings, numbers, read.arranged, ink), strict=True):
        tracks[number] = track
    leads = leads_of(read.arranged, tracks, read.scale, _PLACE_MM)
    if not leads.segments:
        raise PictureNotDigitised(
            "found rows of an ECG, but no trace could be followed; needed a sharper picture", "trace"
        )
    return tracks, leads


def _at_speed(read: _Read, speed_mm_s: float) -> _Read:
    """The same page at the speed that its beats tell; another than the one taken is in doubt."""
    scale = with_speed_by_beats(read.scale, speed_mm_s)
    if speed_mm_s == read.scale.speed_mm_s:
        return read._replace(scale=scale if read.scale.speed_assumed else read.scale)
    said = f"{DOUBT}the paper's speed was told by rate, PR and QRS alone: {speed_mm_s:g} mm/s"
    names, sides = lead_names(read.words), pulse_side(read.parts.pulse, read.rows)
    arranged = arrange(read.rows, names, read.parts.trace, speed_mm_s, sides)
    return read._replace(scale=scale._replace(notes=(*scale.notes, said)), arranged=arranged)


def _refuse_two(words: list[Found]) -> None:
    """Every lead has one name, and a rhythm strip's lead a second; many named again at one distance are two ECGs.

    Raises:
        UnreadableInput: there is more than one ECG on the picture.
    """
    places: dict[str, list[Found]] = {}
    for one in lead_names(words):
        places.setdefault(one.word, []).append(one)
    apart = {
        word: [(two.x_mm - one.x_mm, two.y_mm - one.y_mm) for one in found for two in found if one is not two]
        for word, found in places.items()
    }
    for across, down in (way for ways in apart.values() for way in ways):
        again = sum(any(np.hypot(x - across, y - down) < _SAME_WAY_MM for x, y in ways) for ways in apart.values())
        if again >= _TWICE:
            raise UnreadableInput("found two ECGs on one picture; needed one ECG a picture")


def _span(row: int, read: _Read) -> tuple[int, int]:
    """First and last pixel column of a row's cells."""
    assert read.arranged is not None
    cells = [cell for cell in read.arranged.cells if cell.row == row]
    left = min((cell.left_mm for cell in cells), default=read.rows[row].left_mm)
    right = max((cell.right_mm for cell in cells), default=read.rows[row].right_mm)
    first = max(0, round(left * PX_MM))
    return first, max(first + 2, min(read.parts.trace.shape[1], round(right * PX_MM)))


def _upright(flat: Flat, threads: int) -> _Read:
    """The page as it is read best: as it lies, else turned by 180, 90 or 270 degrees."""
    best: _Read | None = None
    for turns in (0, 2, 1, 3):
        page = np.ascontiguousarray(np.rot90(flat.image, -turns))
        parts = segment(page, threads=threads)
        if turns == 0 and float((parts.trace > 0.5).mean()) < _LEAST_TRACE_SHARE:
            raise UnreadableInput("found ruled paper without the traces of an ECG; needed an ECG")
        rows, words = find_rows(parts.trace), find_words(page, parts, threads=threads)
        _refuse_two(words)
        pulses = find_pulses(parts.pulse, [row.y_mm for row in rows])
        scale = find_scale(pulses, words, [row.right_mm - row.left_mm for row in rows])
        refused, arranged = None, None
        try:
            arranged = arrange(rows, lead_names(words), parts.trace, scale.speed_mm_s, pulse_side(parts.pulse, rows))
        except PictureNotDigitised as error:
            refused = error
        read = _Read(turns, parts, rows, words, scale, arranged, refused)
        if best is None or (read.arranged is not None and read.names_right > best.names_right):
            best = read
        if best.names_right >= _UPRIGHT_NAMES:
            break
    assert best is not None
    return best


def _stated(image: Image, flat: Flat, read: _Read, leads: Leads) -> Digitisation:
    assert read.arranged is not None
    scale = read.scale
    said = list(scale.notes)
    if read.turns:
        said.append(f"the page lay turned and was read turned back by {90 * read.turns} degrees")
    if read.arranged.guessed:
        said.append("lead names were not read; the usual order of leads was assumed")
    if any(not cell.strip and cell.column for cell in read.arranged.cells):
        said.append("columns were taken to follow one another in time")
    shown = {segment.lead for segment in leads.segments}
    lost = [cell.lead for cell in read.arranged.cells if cell.lead not in shown]
    if lost:
        said.append(f"{', '.join(dict.fromkeys(lost))} could not be followed")
    if flat.px_mm < _COARSE_PX_MM:
        said.append(f"the picture has only {flat.px_mm:.1f} pixels a millimetre; fine detail is lost")
    turned = _turned(flat, read.turns)
    bend_mm = 0.0 if flat.bend is None else float(np.abs(flat.bend.dx_mm).max())
    return Digitisation(
        layout=read.arranged.name,
        speed_mm_s=scale.speed_mm_s,
        gain_mm_mv=scale.gain_mm_mv,
        scale_found=scale.found,
        segments=leads.segments,
        strips=tuple(dict.fromkeys(segment.lead for segment in leads.segments if segment.strip)),
        timing_error_ms=round(1000 * (_PLACE_MM + _BEND_PLACE * bend_mm) / scale.speed_mm_s, 2),
        turned_deg=90 * read.turns,
        notes=tuple(said),
        width_px=image.shape[1],
        height_px=image.shape[0],
        to_picture=tuple(float(value) for value in (flat.to_picture @ turned).ravel()),
        bend=flat.bend,
    )


def _turned(flat: Flat, turns: int) -> NDArray[np.float64]:
    """(3, 3) from places of the turned page to places of the page as it lay, millimetres."""
    height, width = (side / PX_MM for side in flat.image.shape[:2])
    matrices = {
        0: np.eye(3),
        1: np.array([[0, 1, 0], [-1, 0, height], [0, 0, 1.0]]),
        2: np.array([[-1, 0, width], [0, -1, height], [0, 0, 1.0]]),
        3: np.array([[0, -1, width], [1, 0, 0], [0, 0, 1.0]]),
    }
    return matrices[turns]
