// The list of cases: what cannot wait stands at the top.

import { useRef } from "preact/hooks";
import type { Theme } from "../theme";
import type { CaseListed, Session } from "../types";
import { patient, URGENCY, when, who } from "../words";

interface Props {
  cases: CaseListed[] | null;
  current: string;
  shown: boolean;
  toggle: () => void;
  upload: (files: File[]) => Promise<void>;
  uploading: boolean;
  remove: (id: string) => Promise<void>;
  session: Session | null;
  leave: () => void;
  theme: Theme;
  keys: () => void;
}

export function CaseList({ cases, current, shown, toggle, upload, uploading, remove, session, leave, theme, keys }: Props) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <aside class="cases" aria-label="Cases">
      <header class="brand">
        <button type="button" class="icon" aria-expanded={shown} aria-controls="case-list" title="Cases  [" onClick={toggle}>
          <svg viewBox="0 0 20 20" aria-hidden="true"><path d="M3 5h14M3 10h14M3 15h14" /></svg>
          <span class="unseen">{shown ? "Hide the cases" : "Show the cases"}</span>
        </button>
        <strong>Calipers</strong>
      </header>
      <div id="case-list" hidden={!shown}>
        <button type="button" class="main add" disabled={uploading || cases === null} onClick={() => input.current?.click()}>
          {uploading ? "Measuring…" : "Add ECGs"}
        </button>
        <input
          ref={input} class="unseen" type="file" multiple tabIndex={-1} aria-label="Add ECG files"
          onChange={(event) => {
            void upload([...(event.currentTarget.files ?? [])]);
            event.currentTarget.value = "";
          }}
        />
        {cases?.length === 0 && <p class="note">No case yet.</p>}
        <ul>
          {cases?.map((one) => (
            <li key={one.case_id} class={one.case_id === current ? "open" : ""}>
              <a href={`#${one.case_id}`} aria-current={one.case_id === current ? "page" : undefined}>
                <span class={`urgency ${one.summary.urgency}`}>{URGENCY[one.summary.urgency]}</span>
                {one.summary.synthetic && <span class="urgency synthetic">Synthetic</span>}
                <b>{patient(one)}</b>
                <span class="line">{who(one.summary)} · {when(one.summary.recorded_at)}</span>
                <span class="line quiet">{one.summary.impression}</span>
              </a>
              <button
                type="button" class="icon remove" title="Take off the list"
                onClick={() => confirm(`Take ${one.name} off the list, with its conversation and remarks?`) && void remove(one.case_id)}
              >
                <svg viewBox="0 0 20 20" aria-hidden="true"><path d="M5 5l10 10M15 5L5 15" /></svg>
                <span class="unseen">Take {one.name} off the list</span>
              </button>
            </li>
          ))}
        </ul>
      </div>
      <footer>
        <button type="button" class="icon" title={theme.dark ? "Light" : "Dark"} onClick={theme.toggle}>
          <svg viewBox="0 0 20 20" aria-hidden="true">
            {theme.dark ? <path d="M10 6a4 4 0 100 8 4 4 0 000-8zM10 1v2M10 17v2M1 10h2M17 10h2M4 4l1.4 1.4M14.6 14.6L16 16M16 4l-1.4 1.4M5.4 14.6L4 16" /> : <path d="M16 12A7 7 0 018 4a7 7 0 108 8z" />}
          </svg>
          <span class="unseen">{theme.dark ? "Light page" : "Dark page"}</span>
        </button>
        <button type="button" class="icon" title="Keyboard  ?" onClick={keys}>
          <svg viewBox="0 0 20 20" aria-hidden="true"><path d="M2.5 5.5h15v9h-15zM5 8.5h.1M8 8.5h.1M11 8.5h.1M14 8.5h.1M6 12h8" /></svg>
          <span class="unseen">Keyboard</span>
        </button>
        {shown && session && (
          <span class="signed">
            {session.user}
            {session.user !== "local" && <button type="button" class="quiet" onClick={leave}>Sign out</button>}
          </span>
        )}
      </footer>
    </aside>
  );
}
