// One verified claim: each value in it is a citation, what it rests on stands beneath, and the reader may answer it.

import { Fragment } from "preact";
import { useEffect, useState } from "preact/hooks";
import { api } from "../api";
import type { Desk } from "../panels/case";
import type { Chain, Claim, EvidenceItem, Withheld } from "../types";
import { CERTAINTY, REMARKED, RESULT, spelt, when } from "../words";

const SLOT = /\{([A-Za-z][^{}\s]*)\}/;
const SHOWN = 5;

/** A citation: hovering draws it, choosing it travels there and unfolds its facts. */
export function Chip({ id, desk, words, choose, chosen }: {
  id: string; desk: Desk; words?: string; choose?: (id: string) => void; chosen?: boolean;
}) {
  const item = desk.evidence[id];
  const lit = desk.light.ids.includes(id);
  return (
    <button
      type="button" data-id={id} class={`chip ${item?.kind ?? "unknown"} ${lit ? "lit" : ""} ${item && !item.measurable ? "gone" : ""}`}
      aria-pressed={chosen ?? lit} title={item ? `${item.label} [${id}]` : id}
      onMouseEnter={() => desk.show([id], false)} onMouseLeave={() => desk.show([], false)}
      onFocus={() => desk.show([id], false)} onBlur={() => desk.show([], false)}
      onClick={() => {
        desk.show([id], true);
        choose?.(id);
      }}
    >
      {words ?? said(id, item)}
    </button>
  );
}

/** `pr long: not met` for a criterion, else the words of the server. */
function said(id: string, item: EvidenceItem | undefined): string {
  if (item?.kind !== "criterion") return item?.label ?? spelt(id);
  return `${spelt(id.slice(id.lastIndexOf(".") + 1))}: ${item.label.replace("criterion ", "")}`;
}

/** The sentence with its values as chips; as plain text where code printed something else than the page would. */
function Sentence({ claim, desk, choose, chosen }: { claim: Claim; desk: Desk; choose: (id: string) => void; chosen: string }) {
  const parts = claim.template.split(SLOT);
  const values = parts.map((part, at) => (at % 2 ? (desk.evidence[part]?.value ?? "") : part));
  if (values.join("") !== claim.text) return <>{claim.text}</>;
  return (
    <>
      {parts.map((part, at) => (
        <Fragment key={at}>{at % 2 ? <Chip id={part} desk={desk} words={values[at]!} choose={choose} chosen={chosen === part} /> : part}</Fragment>
      ))}
    </>
  );
}

export function ClaimCard({ claim, desk }: { claim: Claim; desk: Desk }) {
  const [chosen, setChosen] = useState("");
  const [all, setAll] = useState(false);
  const [open, setOpen] = useState<Opened>("");
  const choose = (id: string): void => setChosen((now) => (now === id ? "" : id));
  const slots = claim.template.split(SLOT).filter((_, at) => at % 2);
  const inline = slots.length > 0 && claim.template.split(SLOT).map((part, at) => (at % 2 ? desk.evidence[part]?.value ?? "" : part)).join("") === claim.text;
  const others = [...new Set(claim.evidence)].filter((id) => !(inline && slots.includes(id)));
  const criteria = [...new Set(claim.criteria)].map((key) => `crit:${key}`).filter((id) => !(inline && slots.includes(id)));
  const cited = [...others, ...criteria];
  const shown = all ? cited : cited.slice(0, SHOWN);
  const remarks = desk.remarks.filter((remark) => remark.template === claim.template);
  return (
    <li class={`claim ${claim.polarity} ${claim.certainty} ${remarks.some((one) => one.kind !== "agree") ? "disputed" : ""}`} data-claim={claim.id}>
      <p class="say">
        <Sentence claim={claim} desk={desk} choose={choose} chosen={chosen} />
        {claim.synthetic && <span class="certainty">of a synthetic ECG</span>}
        {claim.digitised && <span class="certainty">read from a picture</span>}
        {CERTAINTY[claim.certainty] && <span class="certainty">{CERTAINTY[claim.certainty]}</span>}
        <Answers claim={claim} desk={desk} open={open} toggle={(what) => setOpen(open === what ? "" : what)} />
      </p>
      {cited.length > 0 && (
        <div class="cites">
          {shown.map((id) => <Chip key={id} id={id} desk={desk} choose={choose} chosen={chosen === id} />)}
          {cited.length > shown.length && <button type="button" class="quiet" onClick={() => setAll(true)}>{cited.length - shown.length} more</button>}
        </div>
      )}
      {chosen && <Facts id={chosen} item={desk.evidence[chosen]} />}
      {remarks.map((one) => (
        <p key={one.remark_id} class={`remark ${one.kind}`}>
          <b>{REMARKED[one.kind]}</b>{one.text && `: ${one.text}`}
          <span class="note"> {one.author}, {when(one.made_at)}</span>
        </p>
      ))}
      {open === "why" && claim.statement && <Why statement={claim.statement.key} desk={desk} />}
      {open === "correct" && <Correction claim={claim} desk={desk} close={() => setOpen("")} />}
    </li>
  );
}

function Facts({ id, item }: { id: string; item: EvidenceItem | undefined }) {
  if (!item) return <p class="note">{id} is being looked up.</p>;
  return (
    <dl class={`facts ${item.kind}`}>
      {item.facts.map(([term, text]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{text}</dd>
        </div>
      ))}
      <div>
        <dt>citation</dt>
        <dd><code>{id}</code></dd>
      </div>
    </dl>
  );
}

type Opened = "" | "why" | "correct";

/** What a reader may do with a claim. */
function Answers({ claim, desk, open, toggle }: { claim: Claim; desk: Desk; open: Opened; toggle: (what: Opened) => void }) {
  const [problem, setProblem] = useState("");
  const shown = claim.evidence.some((id) => desk.evidence[id]?.spans.length || desk.evidence[id]?.about.length);
  return (
    <span class="answers">
      {problem && <span class="problem" role="alert">{problem}</span>}
      {shown && <button type="button" class="quiet" aria-label={`Show on the trace: ${claim.text}`} onClick={() => desk.show(claim.evidence, true)}>Show</button>}
      {claim.statement && <button type="button" class="quiet" aria-label={`Why: ${claim.text}`} aria-expanded={open === "why"} onClick={() => toggle("why")}>Why</button>}
      <button
        type="button" class="quiet" aria-label={`Agree: ${claim.text}`}
        onClick={() => void desk.remark(claim, "agree", "").catch((found: Error) => setProblem(found.message))}
      >
        Agree
      </button>
      <button type="button" class="quiet" aria-label={`Dispute or correct: ${claim.text}`} aria-expanded={open === "correct"} onClick={() => toggle("correct")}>Correct</button>
    </span>
  );
}

/** What is right instead, kept with the claim. */
function Correction({ claim, desk, close }: { claim: Claim; desk: Desk; close: () => void }) {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState("");
  const keep = async (): Promise<void> => {
    try {
      await desk.remark(claim, text.trim() ? "correction" : "disagree", text);
      close();
    } catch (found) {
      setProblem((found as Error).message);
    }
  };
  return (
    <form class="correcting" onSubmit={(event) => (event.preventDefault(), void keep())}>
      <label>
        What is right instead?
        <textarea rows={2} value={text} maxLength={4000} autofocus onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <button type="submit" class="main small">{text.trim() ? "Keep the correction" : "Keep as disputed"}</button>
      <span class="note">Dated and signed with your name; shown with this claim from now on.</span>
      {problem && <p class="problem" role="alert">{problem}</p>}
    </form>
  );
}

/** The chain of criteria behind a statement, fetched when it is asked for. */
export function Why({ statement, desk }: { statement: string; desk: Desk }) {
  const [chain, setChain] = useState<Chain | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => void api.explain(desk.id, statement).then(setChain).catch((found: Error) => setProblem(found.message)), [desk.id, statement]);
  if (problem) return <p class="problem" role="alert">{problem}</p>;
  return chain ? <ChainView chain={chain} desk={desk} /> : null;
}

function ChainView({ chain, desk }: { chain: Chain; desk: Desk }) {
  return (
    <div class="chain">
      <p>
        <b>{chain.statement.label}</b>: {RESULT[chain.result] ?? chain.result}
        {chain.not_applicable_reason && `, ${chain.not_applicable_reason}`}
        {chain.suppressed_by && `, not judged beside ${spelt(chain.suppressed_by)}`}
      </p>
      <ol>
        {chain.steps.map((step, at) => (
          <li key={at}>
            <span class={`result ${step.result}`}>{RESULT[step.result] ?? step.result}</span> {step.looks_for}
            {step.leads.length > 0 && ` (${step.leads.join(", ")})`}
            <div class="cites">{step.values.slice(0, 8).map(({ id }) => <Chip key={id} id={id} desk={desk} />)}</div>
            <small>{step.source}</small>
          </li>
        ))}
      </ol>
    </div>
  );
}

export function WithheldCard({ withheld, desk }: { withheld: Withheld; desk: Desk }) {
  return (
    <li class="claim withheld">
      <p class="say"><b>Not released:</b> <s>{withheld.claim.text}</s></p>
      <ul class="reasons">{withheld.reason.split("; ").map((reason, at) => <li key={at}>{reason}</li>)}</ul>
      {withheld.claim.evidence.length > 0 && (
        <div class="cites">{withheld.claim.evidence.slice(0, SHOWN).map((id) => <Chip key={id} id={id} desk={desk} />)}</div>
      )}
    </li>
  );
}
