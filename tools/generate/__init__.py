"""Generate an ECG on request, and measure it again before anyone sees it.

>>> made = synthesise("AF with RBBB, rate about 110, 70-year-old woman", seed=1)   # doctest: +SKIP
>>> made.met, made.items[0].requested, made.items[0].obtained                       # doctest: +SKIP
(True, 110.0, 112.0)
"""

from calipers.tools.generate.closed_loop import fulfil, synthesise
from calipers.tools.generate.completing import complete_leads
from calipers.tools.generate.editing import edit
from calipers.tools.generate.request import Request
from calipers.tools.generate.synthesis import Item, Synthesis
from calipers.tools.generate.understanding import understand_request

__all__ = ["Item", "Request", "Synthesis", "complete_leads", "edit", "fulfil", "synthesise", "understand_request"]
