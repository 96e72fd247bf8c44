"""Which order of the electrodes is the likeliest, given one beat in all leads.

`likelihood.py` evaluates, `fitting.py` fits; `electrodes.npz` holds the fit, `CARD.md` says on what and how well.
"""

from calipers.models.electrodes.likelihood import EXCHANGES, ElectrodeOrder, Exchange, Suspicion

__all__ = ["EXCHANGES", "ElectrodeOrder", "Exchange", "Suspicion"]
