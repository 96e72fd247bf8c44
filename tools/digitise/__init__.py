"""Read an ECG from a picture: a photo, a scan, a screenshot or a PDF of a page.

digitise.py      `digitise`: every step in order
picture_file.py  files as pixels, with limits; pages of a PDF or TIFF
grid.py          the paper's grid, from local spectra
grid_phase.py    the grid's own phase, to some thousandths of a millimetre
place.py         the page's plane and bends by that phase
square.py        whether the grid was taken for a wider or finer one
straighten.py    a flat page at 6 pixels a millimetre
orientation.py   which way up the page is read
rows.py          rows of traces, and where they end
names.py         lead names and the printed scale, from the segmenter's words
columns.py       where columns begin and end
arrangement.py   the stretches of leads that a printed order puts on a page
order.py         which order it is, by rows and names
names_alone.py   an order that is no usual one, or a part of a page
scale.py         speed and gain: pulse, print, or the usual, said so
ink.py           how much of each pixel the pen covers
tracing.py       each row's trace by dynamic programming, rows that cross included
pen.py           from the ink's edges to the line that the pen's middle drew
speed_by_beats.py  the speed by rate, PR and QRS, where nothing else gives it
strips.py        which lead a strip repeats
statement.py     what is said of a page that was read
signals.py       millivolts at 500 Hz, placed in time, each stretch with its error
trust.py         how likely the reading is right, when to doubt and when to refuse
vector_lines.py  the lines of a PDF as it draws them
by_lines.py      a page read again by the lines of its PDF
overlay.py       what was read, drawn on the picture
"""

from __future__ import annotations

from calipers.tools.digitise.digitise import Digitised, digitise, digitise_picture
from calipers.tools.digitise.picture_file import picture

__all__ = ["Digitised", "digitise", "digitise_picture", "picture"]
