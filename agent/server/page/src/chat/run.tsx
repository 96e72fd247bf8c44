// One question and its answer as it grows: steps folded away, claims as they are verified, what was kept back.

import { useEffect, useState } from "preact/hooks";
import { api } from "../api";
import type { Desk } from "../panels/case";
import type { Done, Generated, Run, Step, WireEvent } from "../types";
import { seconds } from "../words";
import { Disagreements } from "../panels/reading";
import { Chip, ClaimCard, Why, WithheldCard } from "./claim";

interface Props {
  run: Run;
  desk: Desk;
  last: boolean;
  again: (text: string) => void;
  resume: (value: boolean | string) => void;
  cancel: () => void;
}

type Data = { [Event in WireEvent as Event["event"]]: Event["data"] };

const of = <Name extends keyof Data>(run: Run, name: Name): Data[Name][] =>
  run.events.filter((event) => event.event === name).map((event) => event.data as Data[Name]);

export function RunView({ run, desk, last, again, resume, cancel }: Props) {
  const steps = of(run, "step");
  // A second attempt may release a claim again: the later one stands.
  const claims = [...new Map(of(run, "claim").map((claim) => [claim.text, claim])).values()];
  const done = of(run, "done").at(-1);
  const working = run.status === "running" || run.status === "queued";
  return (
    <article class="run" aria-busy={working}>
      <p class="asked">{run.question}</p>
      {steps.length > 0 && <Steps steps={steps} desk={desk} />}
      <ul class="claims">
        {claims.map((claim) => <ClaimCard key={claim.text} claim={claim} desk={desk} />)}
        {of(run, "withheld").map((one, at) => <WithheldCard key={at} withheld={one} desk={desk} />)}
      </ul>
      {of(run, "token").map((one, at) => <p key={at} class={`sentence ${one.kind}`}>{one.text}</p>)}
      {done && <Made done={done} desk={desk} />}
      {working && (
        <p class="working" role="status">
          <span class="pulse" aria-hidden="true" />
          {run.status === "queued" ? "Kept; waiting for its turn" : "Working"}
          <button type="button" class="quiet" onClick={cancel}>Cancel</button>
        </p>
      )}
      {run.status === "waiting" && last && of(run, "interrupt").slice(-1).map((one) => <Interrupt key={one.text} {...one} resume={resume} />)}
      {of(run, "error").map((one, at) => <p key={at} class="problem" role="alert">{one.message}</p>)}
      {run.status === "lost" && <p class="problem" role="alert">The server stopped during this answer. The question is kept.</p>}
      {(run.status === "lost" || run.status === "failed" || run.status === "cancelled") && (
        <button type="button" class="quiet again" onClick={() => again(run.question)}>Ask again</button>
      )}
    </article>
  );
}

function Interrupt({ kind, text, resume }: { kind: string; text: string; resume: (value: boolean | string) => void }) {
  const [value, setValue] = useState("");
  return (
    <div class="interrupt" role="group" aria-label="A question back">
      <p>{text}</p>
      {kind === "consent" ? (
        <div class="choices">
          <button type="button" class="main small" onClick={() => resume(true)}>Send them</button>
          <button type="button" class="tool" onClick={() => resume(false)}>Keep them here</button>
        </div>
      ) : (
        <form class="choices" onSubmit={(event) => (event.preventDefault(), value.trim() && resume(value.trim()))}>
          <input aria-label={text} value={value} onInput={(event) => setValue(event.currentTarget.value)} />
          <button type="submit" class="main small">Answer</button>
        </form>
      )}
    </div>
  );
}

function Steps({ steps, desk }: { steps: Step[]; desk: Desk }) {
  const total = steps.reduce((sum, step) => sum + step.seconds, 0);
  return (
    <details class="steps">
      <summary>{steps.length === 1 ? steps[0]!.name.replaceAll("_", " ") : `${steps.length} steps: ${steps.map((step) => step.name.replaceAll("_", " ")).join(", ")}`} · {seconds(total)}</summary>
      <ol>{steps.map((step, at) => <StepView key={at} step={step} desk={desk} />)}</ol>
    </details>
  );
}

/** What a tool was asked, how long it took, and what this ECG answers to it. */
function StepView({ step, desk }: { step: Step; desk: Desk }) {
  const [open, setOpen] = useState(false);
  const ids = Array.isArray(step.arguments["ids"]) ? step.arguments["ids"].map(String) : [];
  const statement = typeof step.arguments["statement"] === "string" ? step.arguments["statement"] : "";
  return (
    <li>
      <code>{step.name}({Object.entries(step.arguments).map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(", ")})</code>
      <span class="note"> {seconds(step.seconds)}</span>
      {ids.length > 0 && <div class="cites">{ids.map((id) => <Chip key={id} id={id} desk={desk} />)}</div>}
      {(statement || step.result?.length > 0) && <button type="button" class="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>Result</button>}
      {open && (statement ? <Why statement={statement} desk={desk} /> : <pre class="found" tabIndex={0} aria-label={`What ${step.name} found`}>{step.result.join("\n")}</pre>)}
    </li>
  );
}

/** What comes with a finished answer: pictures, generated ECGs, disagreements, which model and how long. */
function Made({ done, desk }: { done: Done; desk: Desk }) {
  return (
    <>
      {done.pictures.map((id) => <Picture key={id} id={id} />)}
      {done.generated.map((one) => <GeneratedEcg key={one.case_id} one={one} />)}
      {done.disagreements.length > 0 && (
        <details class="steps"><summary>{done.disagreements.length} disagreement{done.disagreements.length > 1 ? "s" : ""}</summary><Disagreements found={done.disagreements} desk={desk} /></details>
      )}
      <p class="note made">{done.model === "none" ? "Measurements and criteria" : done.model} · {seconds(done.seconds)}{done.model === "none" && done.model_reason.includes("failed") ? ` · ${done.model_reason}` : ""}</p>
    </>
  );
}

/** What was asked for beside what was measured on it. */
function GeneratedEcg({ one }: { one: Generated }) {
  return (
    <div class="generated">
      <p><b>Synthetic ECG</b>, not recorded from a person. <a href={`#${one.case_id}`}>Open it</a></p>
      <table>
        <thead><tr><th scope="col">asked</th><th scope="col">for</th><th scope="col">measured</th><th scope="col">met</th></tr></thead>
        <tbody>
          {one.items.map((item) => (
            <tr key={item.name} class={item.met ? "" : "beyond"}><th scope="row">{item.name}</th><td>{item.requested}</td><td>{item.obtained}</td><td>{item.met ? "yes" : <b>no</b>}</td></tr>
          ))}
        </tbody>
      </table>
      {!one.met && <p class="warned">None of the drawn candidates met all that was asked; this one comes nearest.</p>}
    </div>
  );
}

function Picture({ id }: { id: string }) {
  const [source, setSource] = useState("");
  useEffect(() => {
    let url = "";
    void api.picture(id).then((content) => setSource((url = URL.createObjectURL(content))));
    return () => URL.revokeObjectURL(url);
  }, [id]);
  return source ? <a class="picture" href={source} download={`${id}.png`}><img src={source} alt="The ECG as it was asked for, on paper" /></a> : null;
}
