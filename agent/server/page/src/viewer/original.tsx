// The picture that an ECG was read from, beneath what was read from it; what is lit on the trace is lit on it as well.

import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../api";
import type { CaseDetail, Evidence } from "../types";
import { measured } from "./marks";

/** A hand that moves over citations asks for one picture, not for each on its way. */
const PATIENCE_MS = 160;

export function Original({ detail, evidence, ids }: { detail: CaseDetail; evidence: Evidence; ids: readonly string[] }) {
  const [source, setSource] = useState("");
  const [problem, setProblem] = useState("");
  const place = useRef<number | null>(null);
  const pane = useRef<HTMLElement>(null);
  /** What is marked comes into view. */
  const bring = (height: number): void => {
    if (place.current !== null) pane.current?.scrollTo({ top: place.current * height - pane.current.clientHeight / 2 });
  };
  const shown = measured(ids, evidence).join(" ");
  useEffect(() => {
    const wait = setTimeout(() => {
      void api.original(detail.case_id, shown ? shown.split(" ") : [])
        .then(({ content, down }) => {
          place.current = down;
          setSource((before) => (before && URL.revokeObjectURL(before), URL.createObjectURL(content)));
        })
        .catch((found: Error) => setProblem(found.message));
    }, source ? PATIENCE_MS : 0);
    return () => clearTimeout(wait);
  }, [detail.case_id, shown]);
  return (
    <section ref={pane} class="viewer second original" aria-label="Original picture" tabIndex={0}>
      {problem && <p class="problem" role="alert">{problem}</p>}
      {source && <img src={source} onLoad={(event) => bring(event.currentTarget.offsetHeight)} alt={`The picture that this ECG was read from${shown ? `, with calipers on ${shown}` : ""}`} />}
      <ul class="plain note">{detail.read_from_picture.map((line) => <li key={line}>{line}</li>)}</ul>
    </section>
  );
}
