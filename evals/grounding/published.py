"""What was published of models that cannot run here: GPT-4o's scores on PTB-XL's test fold.

Lan et al. 2025, GEM (arXiv 2503.06073v2), Table 1, PTB-XL, 2,041 records; the reference text was itself written by
GPT-4o from the reports. Judged by another reader on other records: beside ours, not against them.
"""

from __future__ import annotations

from typing import Final

SOURCE: Final = "arXiv 2503.06073v2, Table 1, PTB-XL, judged by GPT-4o"
#: Our name → (PULSE, GEM fine-tuned from PULSE), shares of one; completeness and relevance are counts.
SCORES: Final[dict[str, tuple[float, float]]] = {
    "diagnosis_accuracy": (0.5924, 0.7359),
    "analysis_completeness": (2.20, 4.19),
    "analysis_relevance": (2.06, 3.00),
    "lead_coverage": (0.1120, 0.7886),
    "lead_accuracy": (0.0627, 0.4796),
    "feature_grounding": (0.5252, 0.7497),
    "evidence_based_reasoning": (0.5548, 0.7541),
    "diagnostic_process": (0.5385, 0.7424),
}
