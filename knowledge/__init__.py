"""What Calipers cites: the statement table with its published criteria, and what they come to on one ECG.

>>> from calipers.knowledge import evaluate, statements, urgency
>>> statements().find("1st degree AV block").key
'first_degree_av_block'
"""

from calipers.knowledge.evaluation import evaluate
from calipers.knowledge.pathway import Decision, Pathway, PathwayStep, Wave
from calipers.knowledge.reading import CriteriaError
from calipers.knowledge.schema import Row
from calipers.knowledge.table import StatementTable, criteria_sha256, statements
from calipers.knowledge.triage import gravity, level_of, urgency
from calipers.knowledge.verdict import Sentence, Verdict, Verdicts
from calipers.knowledge.walk import Walk

__all__ = [
    "CriteriaError",
    "Decision",
    "Pathway",
    "PathwayStep",
    "Row",
    "Sentence",
    "StatementTable",
    "Verdict",
    "Verdicts",
    "Walk",
    "Wave",
    "criteria_sha256",
    "evaluate",
    "gravity",
    "level_of",
    "statements",
    "urgency",
]
