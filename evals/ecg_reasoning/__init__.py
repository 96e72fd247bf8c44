"""Does `explain` reason as a reader does: ECG-Reasoning-Benchmark (arXiv 2603.14326), question by question."""

from calipers.evals.ecg_reasoning.task import EcgReasoningTask

__all__ = ["EcgReasoningTask"]
