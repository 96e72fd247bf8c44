"""The big published ECG models, each in a process of its own: what they are, what they need, how they are asked."""

from __future__ import annotations

from calipers.models.workers.client import Worker, worker_for
from calipers.models.workers.published import PUBLISHED, Published, published
from calipers.models.workers.requirements import fingerprint, weights_folder, why_not

__all__ = ["PUBLISHED", "Published", "Worker", "fingerprint", "published", "weights_folder", "why_not", "worker_for"]
