"""Proof of a run: what it took in, what it did, what it said, in one file; and running it again from that file."""

from __future__ import annotations

from calipers.agent.audit.bundle import Bundle, load_bundle, save_bundle
from calipers.agent.audit.keeping import keep_bundle
from calipers.agent.audit.replay import Difference, Replay, replay
from calipers.agent.audit.single_case import Finished, SingleCase

__all__ = [
    "Bundle",
    "Difference",
    "Finished",
    "Replay",
    "SingleCase",
    "keep_bundle",
    "load_bundle",
    "replay",
    "save_bundle",
]
