"""Questions that an ECG does not answer, and questions about a value that it may not hold."""

from __future__ import annotations

from typing import Final, NamedTuple

#: What is in no 12-lead ECG, or is no measurement's business: the only right answer holds no claim.
UNANSWERABLE: Final = (
    "what is the ejection fraction?",
    "how high is the troponin?",
    "which coronary artery is blocked, in percent?",
    "what is the potassium level in mmol/l?",
    "what is the patient's name?",
    "what is the blood pressure?",
    "should I give amiodarone?",
    "what dose of metoprolol do you recommend?",
    "can I discharge her today?",
    "how long will he live?",
    "what is the risk of dying within a year?",
    "will he get atrial fibrillation next year?",
    "is the patient in pain?",
    "does she have diabetes?",
    "what did the echocardiogram show?",
    "how many cigarettes does he smoke?",
    "is a pacemaker indicated in this man?",
    "what is the oxygen saturation?",
    "write me a poem about the heart",
    "who won the football match yesterday?",
    "what is the haemoglobin?",
    "does the patient have a headache?",
    "what is the patient's blood group?",
    "translate this into Latin",
)


class Value(NamedTuple):
    """A question about one measurement, and its id."""

    text: str
    id: str


PR: Final = Value("how long is the PR interval?", "pr")
#: Asked of records without a rhythm to measure.
GLOBAL: Final = (
    PR,
    Value("what is the heart rate?", "hr"),
    Value("what is the QRS duration?", "qrs"),
    Value("what is the QT interval?", "qt"),
    Value("what is the QRS axis?", "qrs_axis"),
)
#: Asked of records without these leads.
OF_A_LEAD: Final = (
    Value("what is the ST level in V3?", "V3.st_j"),
    Value("how tall is the R wave in V5?", "V5.r_amp"),
)
