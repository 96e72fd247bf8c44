"""(e) A guideline claim shows our paraphrase, said to be one, with society and year, and adds nothing."""

from __future__ import annotations

from calipers.agent.verifier import wording
from calipers.agent.verifier.flaw import Flaw, Flaws
from calipers.agent.verifier.grounds import Grounds
from calipers.evidence import GuidelinePassage
from calipers.knowledge.guidelines import passages as corpus
from calipers.report import Claim


def passages(claim: Claim, grounds: Grounds) -> list[GuidelinePassage]:
    """The guideline passages that a claim cites."""
    cited = (grounds.items.get(key) for key in claim.evidence)
    return [item for item in cited if isinstance(item, GuidelinePassage)]


def passage_flaws(claim: Claim, grounds: Grounds) -> Flaws:
    """The passage stands as it is stored, under its society and year, beside nothing but that."""
    rest = claim.template
    if claim.statement is not None or claim.criteria:
        yield Flaw("criteria", "found a guideline claim that makes a statement about this ECG; needed two claims")
    if stray := [key for key in claim.evidence if not key.startswith("guide:")]:
        yield Flaw("unknown_id", f"cites `{stray[0]}` beside a guideline passage; needed a claim of its own")
    for passage in passages(claim, grounds):
        if (known := corpus().get(passage.id)) is None or known.evidence(passage.record) != passage:
            yield Flaw("unknown_id", f"`{passage.id}` is not a passage of this corpus as it stands there")
        source = f"{passage.society} {passage.year}"
        if passage.text not in rest or source not in rest:
            yield Flaw("quotation", f"found no paraphrase of {source} as stored; needed its text and source unchanged")
        rest = rest.replace(passage.text, " ").replace(source, " ")
    if "paraphrase of" not in rest.lower():
        yield Flaw("quotation", "found a guideline claim that does not say `paraphrase of` society and year")
    if any(flaw.kind == "quotation" for flaw in wording.sign_flaws(claim.template)):
        yield Flaw("quotation", "found quotation marks around a paraphrase")
    yield from (flaw for flaw in wording.sign_flaws(rest) if flaw.kind != "quotation")
    if foreign := [word for word in wording.foreign_words(rest, judging=False) if word.lower() != "paraphrase"]:
        yield Flaw("scope", f"found `{' '.join(foreign[:6])}` beside a guideline passage")
