"""Releasing claims one by one: each draft is checked by code, and what is left makes the report."""

from __future__ import annotations

from typing import Final

from calipers.agent.context import RunContext
from calipers.agent.events import ClaimEvent, TokenEvent, WithheldEvent
from calipers.agent.model_drafts import fault_line
from calipers.agent.reporting import assemble, provisional
from calipers.agent.sentences import SentenceKey, sentence
from calipers.agent.state import State
from calipers.agent.telemetry import span
from calipers.agent.verifier import Checker
from calipers.report import Claim, Report, Withheld

#: How often the model may draft: once, and two revisions.
MAX_DRAFTS: Final = 3


def verify_drafts(state: State, context: RunContext) -> State:
    """Check each draft; what passes is released and streamed at once, what fails goes back or is withheld.

    Where a hook may still object to the report, claims are streamed only after it: none is ever taken back.
    """
    drafts = [Claim.model_validate(stored) for stored in state.get("drafts", [])]
    checker = Checker(provisional(context.the_case, [key for claim in drafts for key in claim.evidence]))
    vetoes = context.hooks.vetoes(tuple(drafts))
    released, withheld = list(state.get("released", [])), list(state.get("withheld", []))
    faults: list[str] = []
    retry: list[dict[str, object]] = []
    may_revise = context.choice.chat is not None and state.get("attempts", 0) < MAX_DRAFTS
    taken = {claim["id"] for claim in released}
    ecg = context.the_case.ecg
    marks = {"synthetic": ecg.synthetic, "digitised": ecg.source.digitised}
    with span("verify", drafts=len(drafts)) as told:
        for draft in drafts:
            claim = draft.model_copy(update=marks)
            if claim.id in taken:
                claim = claim.model_copy(update={"id": f"{claim.id}_{state.get('attempts', 0)}"})
            veto = vetoes.get(draft.id)
            problems = checker.claim_faults(claim) if veto is None else []
            if veto is None and not problems:
                released.append(claim.model_dump(mode="json"))
                if context.hooks.after_verify is None:
                    context.listen(ClaimEvent(claim=claim))
            elif veto is None and may_revise and claim.id.startswith("model_"):
                faults.append(fault_line(claim, problems, context.the_case))
                retry.append(draft.model_dump(mode="json"))
            else:
                kept = Withheld(claim=claim, reason=veto or "; ".join(problem.detail for problem in problems))
                withheld.append(kept.model_dump(mode="json"))
                context.listen(WithheldEvent(withheld=kept))
        told.set(released=len(released), withheld=len(withheld), revised=len(retry))
    return State(released=released, withheld=withheld, faults=faults, drafts=retry)


def conclude(state: State, context: RunContext) -> Report:
    """The report of what was released, after the user's own hook has had its say."""
    claims = tuple(Claim.model_validate(claim) for claim in state.get("released", []))
    withheld = tuple(Withheld.model_validate(item) for item in state.get("withheld", []))
    made = _assembled(state, context, claims, withheld)
    if context.hooks.after_verify is not None:
        vetoes, notes = context.hooks.objections(made)
        kept_back = tuple(Withheld(claim=one, reason=vetoes[one.id]) for one in claims if one.id in vetoes)
        if kept_back:
            claims, withheld = tuple(one for one in claims if one.id not in vetoes), (*withheld, *kept_back)
            made = _assembled(state, context, claims, withheld)
        standing = {claim.id for claim in claims}
        made = made.model_copy(update={"notes": tuple(note for note in notes if note.claim_id in standing)})
        for claim in claims:
            context.listen(ClaimEvent(claim=claim))
        for item in kept_back:
            context.listen(WithheldEvent(withheld=item))
    if made.question is not None:
        for key in _spoken(state, withheld):
            context.listen(TokenEvent(text=sentence(key)))
    return made


def _assembled(state: State, context: RunContext, claims: tuple[Claim, ...], withheld: tuple[Withheld, ...]) -> Report:
    asked = set(state.get("answering", []))
    return assemble(
        context.the_case,
        claims=claims,
        answer=tuple(claim for claim in claims if claim.text in asked or claim.id.startswith("model_")),
        withheld=withheld,
        sentences=_spoken(state, withheld),
        question=state.get("question"),
        opinion=state.get("opinion", []),
        model_name=state.get("model_name", "none"),
        model_note=state.get("model_note", ""),
    )


def _spoken(state: State, withheld: tuple[Withheld, ...]) -> tuple[SentenceKey, ...]:
    """The fixed sentences of the answer, in order."""
    chosen = list(state.get("sentences", []))
    return tuple(dict.fromkeys([*chosen, "withheld"] if withheld else chosen))
