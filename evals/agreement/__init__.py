"""Who agrees with whom: released text, measurements, criteria, the network, the cart's words, cardiologists."""

from __future__ import annotations

from calipers.evals.agreement.task import AgreementTask

__all__ = ["AgreementTask"]
