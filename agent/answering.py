"""Answering a question without a language model: intents to tool calls to claims."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from calipers.agent.case import Case
from calipers.agent.context import RunContext
from calipers.agent.descriptions import denying, listing
from calipers.agent.drafting import (
    change_claim,
    full_comparison,
    full_read,
    make_claim,
    single_measurement_claim,
    statement_claim,
)
from calipers.agent.generator import make_ecg
from calipers.agent.kinds import told
from calipers.agent.lookups import case_claims, guideline_claims, history_claims
from calipers.agent.questions import Intent, understand
from calipers.agent.sentences import SentenceKey
from calipers.agent.suggestions import asked_claims, suggested_claims
from calipers.evidence import Measurement
from calipers.knowledge import Verdict, statements
from calipers.printing import slots
from calipers.report import Claim
from calipers.tools.closed_question import changed_ranges, read_comparison
from calipers.tools.render import render

#: Ids listed one by one before a question is answered with a single sentence over all of them.
_TOGETHER = 3


def answer_by_rule(question: str, context: RunContext) -> tuple[tuple[Claim, ...], tuple[SentenceKey, ...]]:
    """Claims and fixed sentences that answer a question; the tool calls made are recorded as steps."""
    claims: dict[str, Claim] = {}
    said: dict[SentenceKey, None] = {}
    intents = understand(question)
    for intent in intents:
        if intent.sentence is not None:
            said[intent.sentence] = None
            continue
        found, sentences = _follow(intent, context)
        claims |= {claim.id: claim for claim in found}
        said |= dict.fromkeys(sentences)
    asked = tuple(claims.values())
    whole = any(intent.verb == "interpret" for intent in intents)
    return (asked if whole else without_repeats(asked)), tuple(said)


def without_repeats(claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
    """Drop a plain measurement that a diagnostic sentence has just printed."""
    printed_already = {slot for claim in claims if claim.statement for slot in slots(claim.template)}
    return tuple(
        claim
        for claim in claims
        if claim.statement or not slots(claim.template) or not set(slots(claim.template)) <= printed_already
    )


def _follow(intent: Intent, context: RunContext) -> tuple[list[Claim], list[SentenceKey]]:
    """What the intent comes to, each tool call recorded with what it gave."""
    case = context.the_case
    if intent.verb == "explain":
        return _explain(intent, context)
    if intent.verb == "generate":
        with context.step("generate", text=intent.text) as result:
            made = make_ecg(intent.text, context)
            result += made.lines
        return [], [made.sentence]
    if intent.verb == "render":
        with context.step("render", evidence=["pr", "qrs", "qt"], layout="3x4+1"):
            shown = [key for key in ("pr", "qrs", "qt") if case.measurements[key].status == "measured"]
            context.pictures.append(render(case.ecg, measurements=case.measurements, evidence=shown))
        return [], ["picture"]
    tool, arguments, act = _lookup(intent, context)
    with context.step(tool, **arguments) as result:
        claims, sentences = act()
        result += [claim.text for claim in claims]
    return claims, sentences


def _explain(intent: Intent, context: RunContext) -> tuple[list[Claim], list[SentenceKey]]:
    case = context.the_case
    claims: list[Claim] = []
    sentences: list[SentenceKey] = []
    for key in told(intent.statements, intent.kinds, case.verdicts):
        with context.step("explain", statement=key) as result:
            found, undecided = explained_claims(case.verdicts[key], case)
            result += [claim.text for claim in found]
        claims += found
        sentences += ["indeterminate"] if undecided else []
    return claims, sentences


_Found = tuple[list[Claim], list[SentenceKey]]


def _lookup(intent: Intent, context: RunContext) -> tuple[str, dict[str, Any], Callable[[], _Found]]:
    """The tool of an intent that reads what is there, its arguments, and the call."""
    case = context.the_case
    about, ids = list(intent.statements), list(intent.ids)

    def classified() -> _Found:
        said = asked_claims(about, case)
        return list(said), [] if said else ["no_classifier"]

    def read() -> _Found:
        return list(full_read(case.verdicts, case.ledger, suggested_claims(case.suggestions, case.ledger))), []

    question = {"question": intent.text}
    match intent.verb:
        case "measure":
            return "measure", {"ids": ids}, lambda: (list(measured_claims(intent.ids, case)), [])
        case "classify":
            return "classify", {"about": about} if about else {}, classified
        case "compare":
            return "compare", {"ids": ids, "statements": about}, lambda: compared_claims(intent, case)
        case "guidelines":
            return "search_guidelines", question, lambda: guideline_claims(intent.text, context)
        case "history":
            return "search_history", question, lambda: history_claims(intent.text, context)
        case "similar":
            return "similar_cases", {}, lambda: case_claims(context)
    return "interpret", {}, read


def measured_claims(ids: tuple[str, ...], case: Case) -> Iterator[Claim]:
    """One sentence a measurement, or one for all leads of one kind when there are many."""
    known = [case.measurements[key] for key in ids if key in case.measurements]
    by_name: dict[str, list[Measurement]] = {}
    for item in known:
        by_name.setdefault(item.name, []).append(item)
    for name, items in by_name.items():
        if len(items) <= _TOGETHER or not all(item.lead for item in items):
            yield from (single_measurement_claim(item, case.ledger) for item in items)
            continue
        by_lead = {str(item.lead): item.id for item in items}
        yield make_claim(f"m_{name}", listing(name, by_lead), case.ledger)


def explained_claims(verdict: Verdict, case: Case) -> tuple[list[Claim], bool]:
    """The claims that answer "is it there, and why"; True when the measurements do not decide."""
    if claim := statement_claim(verdict, case.ledger):
        return [claim], False
    deciding = [
        key
        for step in verdict.steps
        for key in step.measurements
        if key in case.measurements and case.measurements[key].status == "measured"
    ]
    deciding = list(dict.fromkeys(deciding))
    if verdict.result == "not_met" and deciding:
        return [_criteria_not_met(verdict, deciding, case)], False
    return list(measured_claims(tuple(deciding[:6]), case)), True


def compared_claims(intent: Intent, case: Case) -> tuple[list[Claim], list[SentenceKey]]:
    """What changed: of what the question names, or of everything."""
    said = case.change_sentences
    if said is None:
        return [], ["prior_not_earlier" if case.priors else "no_prior"]
    if not intent.statements and (sought := read_comparison(intent.text)):
        then = next(one for one in case.priors if one.record == said.changes.prior_record)
        patients = (then.demographics, case.demographics)
        turned = changed_ranges(then.measurements, case.measurements, sought.turned, patients)
        claims = [change_claim(sentence, case.ledger) for key in turned if (sentence := said.of_measurement(key))]
        return claims, [] if claims else ["none_turned"]
    if not intent.ids and not intent.statements:
        return list(full_comparison(case)), []
    found: list[Claim] = []
    undecided = False
    for key in intent.statements:
        sentence = said.of_statement(key)
        claim = statement_claim(case.verdicts[key], case.ledger)
        # That it is there comes first, with its own certainty; then whether it is new.
        found += [claim] if claim and claim.polarity == "present" else []
        found += [change_claim(sentence, case.ledger)] if sentence else []
        undecided = undecided or sentence is None
    found += [change_claim(sentence, case.ledger) for key in intent.ids if (sentence := said.of_measurement(key))]
    return found, ["indeterminate"] if undecided else []


def _criteria_not_met(verdict: Verdict, deciding: list[str], case: Case) -> Claim:
    """`Criteria for … not met`, with the values of the criteria that fail and all that were looked at."""
    failing = [
        key for step in verdict.steps if step.result == "not_met" for key in step.measurements if key in deciding
    ]
    shown = list(dict.fromkeys(failing))[:4]
    return make_claim(
        f"no_{verdict.key}",
        denying(verdict.statement.label, shown),
        case.ledger,
        statement=statements().noun(verdict.key),
        polarity="absent",
        evidence=deciding,
        criteria=tuple(step.id.removeprefix("crit:") for step in verdict.steps),
    )
