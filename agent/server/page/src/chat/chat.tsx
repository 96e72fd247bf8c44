// The conversation about a case.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { api } from "../api";
import type { Desk } from "../panels/case";
import type { CaseDetail, Evidence, Run, Session, Thread, WireEvent } from "../types";
import { when } from "../words";
import { RunView } from "./run";

interface Props {
  desk: Desk;
  detail: CaseDetail;
  priorId: string | null;
  session: Session | null;
  cite: (found: Evidence) => void;
  refresh: () => Promise<void>;
}

const OFFERED = ["Interpret this ECG", "Is there anything dangerous?", "Is the QT prolonged?", "What is the axis?"];

export function Chat({ desk, detail, priorId, session, cite, refresh }: Props) {
  const [thread, setThread] = useState<Thread | null>(null);
  const [others, setOthers] = useState(detail.threads);
  const [text, setText] = useState("");
  const [problem, setProblem] = useState("");
  const list = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  const running = thread?.runs.some((run) => run.status === "running" || run.status === "queued") ?? false;

  const change = useCallback((run_id: string, act: (run: Run) => Run) => {
    setThread((now) => (now ? { ...now, runs: now.runs.map((run) => (run.run_id === run_id ? act(run) : run)) } : now));
  }, []);
  const citeRun = useCallback((thread_id: string, run_id: string) => {
    void api.runEvidence(thread_id, run_id).then(cite).catch(() => undefined);
  }, [cite]);

  /** Takes events into a run, and at the end the truth from the server. */
  const listener = useCallback((thread_id: string, id: () => string) => ({
    event: (event: WireEvent) => {
      change(id(), (run) => ({ ...run, status: event.event === "interrupt" ? "waiting" : run.status, events: [...run.events, event] }));
      if (event.event === "done") {
        citeRun(thread_id, id());
        if (event.data.generated.length) void refresh();
      }
    },
  }), [change, citeRun, refresh]);
  const settle = useCallback(async (thread_id: string, run_id: string) => {
    const kept = await api.run(thread_id, run_id);
    change(run_id, () => kept);
  }, [change]);

  const open = useCallback((thread_id: string) => {
    void api.thread(thread_id).then((found) => {
      setThread(found);
      for (const run of found.runs) {
        if (run.status === "done") citeRun(found.thread_id, run.run_id);
        if (run.status === "running" || run.status === "queued") {
          change(run.run_id, (one) => ({ ...one, events: [] }));
          void api.follow(found.thread_id, run.run_id, listener(found.thread_id, () => run.run_id)).then(() => settle(found.thread_id, run.run_id));
        }
      }
    }).catch((found: Error) => setProblem(found.message));
  }, [change, citeRun, listener, settle]);
  useEffect(() => {
    const latest = detail.threads[0];
    if (latest) open(latest.thread_id);
  }, [detail.case_id]);

  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [thread?.runs.length, thread?.runs.at(-1)?.events.length]);

  const ask = async (question: string): Promise<void> => {
    const asked = question.trim();
    if (!asked || running) return;
    setProblem("");
    setText("");
    let run_id = `unsent-${Date.now()}`;
    try {
      let now = thread;
      const priors = priorId ? [priorId] : [];
      // Other priors are another conversation: an answer must not change what it was compared with.
      if (!now || now.prior_case_ids.join() !== priors.join()) {
        const made = await api.begin(detail.case_id, priors);
        now = { thread_id: made.thread_id, case_id: detail.case_id, prior_case_ids: priors, runs: [] };
        setOthers((known) => [{ thread_id: made.thread_id, prior_case_ids: priors, created_at: new Date().toISOString(), questions: 1 }, ...known]);
      }
      const begun = now;
      const fresh: Run = { run_id, question: asked, status: "queued", started_at: "", finished_at: null, events: [] };
      setThread({ ...begun, runs: [...begun.runs, fresh] });
      await api.ask(begun.thread_id, asked, {
        kept: (id) => {
          const before = run_id;
          run_id = id;
          change(before, (run) => ({ ...run, run_id: id, status: "running" }));
        },
        ...listener(begun.thread_id, () => run_id),
      });
      await settle(begun.thread_id, run_id);
    } catch (found) {
      // Nothing typed is ever lost: what the server has is shown as such, what it has not returns to the box.
      setProblem((found as Error).message);
      change(run_id, (run) => ({ ...run, status: "failed" }));
      if (run_id.startsWith("unsent")) {
        setText(asked);
        setThread((now) => (now ? { ...now, runs: now.runs.filter((run) => run.run_id !== run_id) } : now));
      }
    }
  };

  const resume = async (value: boolean | string): Promise<void> => {
    const run = thread?.runs.at(-1);
    if (!thread || !run) return;
    change(run.run_id, (one) => ({ ...one, status: "running" }));
    try {
      await api.resume(thread.thread_id, value, listener(thread.thread_id, () => run.run_id));
      await settle(thread.thread_id, run.run_id);
    } catch (found) {
      setProblem((found as Error).message);
      await settle(thread.thread_id, run.run_id).catch(() => undefined);
    }
  };

  const cancel = async (): Promise<void> => {
    if (thread) await api.cancel(thread.thread_id).catch((found: Error) => setProblem(found.message));
  };

  const offered = priorId ? ["What changed?", ...OFFERED] : OFFERED;
  return (
    <>
      {others.length > 0 && (
        <div class="conversations">
          <select class="tool" aria-label="Conversation" value={thread?.thread_id ?? ""} disabled={running} onChange={(event) => (event.currentTarget.value ? open(event.currentTarget.value) : setThread(null))}>
            <option value="">New conversation</option>
            {others.map((one) => <option key={one.thread_id} value={one.thread_id}>{`Conversation of ${when(one.created_at)}${one.prior_case_ids.length ? ", with an earlier ECG" : ""}`}</option>)}
          </select>
          <button type="button" class="tool" disabled={running || !thread?.runs.length} onClick={() => setThread(null)}>New</button>
        </div>
      )}
      <div class="runs" ref={list} role="log" aria-label="Conversation" tabIndex={0}>
        {session?.missing.map((part) => <p key={part} class="part-missing">{part}</p>)}
        {!thread?.runs.length && (
          <div class="offers">
            <p class="note">Ask about this ECG. Each claim is checked against the measurements before it appears; its values light up on the trace.</p>
            {offered.map((words) => <button key={words} type="button" class="tool" onClick={() => void ask(words)}>{words}</button>)}
          </div>
        )}
        {thread?.runs.map((run, at) => (
          <RunView key={run.run_id} run={run} desk={desk} last={at === thread.runs.length - 1} again={(words) => void ask(words)} resume={(value) => void resume(value)} cancel={() => void cancel()} />
        ))}
        {problem && <p class="problem" role="alert">{problem}</p>}
      </div>
      <form class="composer" onSubmit={(event) => (event.preventDefault(), void ask(text))}>
        <textarea
          id="question" ref={box} rows={2} maxLength={4000} aria-label="Your question" placeholder="Ask about this ECG" value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
              event.preventDefault();
              void ask(text);
            } else if (event.key === "Escape") event.currentTarget.blur();
          }}
        />
        <button type="submit" class="main" disabled={running || !text.trim()}>Ask</button>
      </form>
      <p class="note disclaimer">
        Answers come from {answering(session)}; each claim is checked against what was measured. Research use, not a medical device.
      </p>
    </>
  );
}

function answering(session: Session | null): string {
  if (!session || session.model === "none") return "measurements and criteria";
  return session.model === "embedded" ? "the embedded language model" : session.model;
}
