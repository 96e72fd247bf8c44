// The server, as functions. Every request carries the token; nothing is kept but that token.

import type {
  CaseDetail, CaseListed, Chain, Evidence, Fiducials, Remark, RemarkKind, Report, Run, Session, Thread, WireEvent,
} from "./types";
import { decodeTrace, type Signal } from "./viewer/signal";

const TOKEN = "calipers-token";

/** What the server refused, in its own one line. */
export class Refused extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

export type ExportKind = "html" | "pdf" | "json" | "fhir" | "dicom" | "wfdb" | "csv";

export const token = {
  get: (): string => sessionStorage.getItem(TOKEN) ?? "",
  set: (value: string): void => (value ? sessionStorage.setItem(TOKEN, value) : sessionStorage.removeItem(TOKEN)),
};

async function send(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (token.get()) headers.set("Authorization", `Bearer ${token.get()}`);
  let answer: Response;
  try {
    answer = await fetch(path, { ...init, headers, credentials: "omit" });
  } catch {
    throw new Refused(0, "The server cannot be reached. Nothing that you typed is lost.");
  }
  if (!answer.ok) {
    const said: unknown = await answer.json().catch(() => null);
    const message = typeof said === "object" && said !== null && "error" in said ? String(said.error) : answer.statusText;
    throw new Refused(answer.status, message);
  }
  return answer;
}

const json = async <T>(path: string, init?: RequestInit): Promise<T> => (await send(path, init)).json() as Promise<T>;

const post = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

const query = (priors: string[]): string => priors.map((id, at) => `${at ? "&" : "?"}prior=${encodeURIComponent(id)}`).join("");

export const api = {
  session: () => json<Session>("/api/session"),
  cases: () => json<CaseListed[]>("/api/cases"),
  detail: (id: string) => json<CaseDetail>(`/api/cases/${id}`),
  remove: (id: string) => json<unknown>(`/api/cases/${id}`, { method: "DELETE" }),
  fiducials: (id: string) => json<Fiducials>(`/api/cases/${id}/fiducials`),
  report: (id: string, priors: string[]) => json<Report>(`/api/cases/${id}/report${query(priors)}`),
  evidence: async (id: string) => (await json<{ items: Evidence }>(`/api/cases/${id}/evidence`)).items,
  describe: (id: string, age: number | null, sex: string | null) =>
    json<unknown>(`/api/cases/${id}/patient`, { ...post({ age, sex }), method: "PUT" }),
  explain: (id: string, statement: string) =>
    json<Chain>(`/api/cases/${id}/explain?statement=${encodeURIComponent(statement)}`),
  remark: (id: string, template: string, claim_text: string, kind: RemarkKind, text: string) =>
    json<Remark>(`/api/cases/${id}/remarks`, post({ template, claim_text, kind, text })),

  async trace(id: string, start_s: number, end_s: number): Promise<Signal> {
    const path = `/api/cases/${id}/trace?start_s=${start_s}&end_s=${end_s}`;
    const answer = await send(path, { headers: { Accept: "application/octet-stream" } });
    return decodeTrace(await answer.arrayBuffer());
  },

  async upload(files: File[]): Promise<{ case_id: string; cases: { name: string; case_id: string | null; error: string | null }[] }> {
    const form = new FormData();
    for (const file of files) form.append("files", file, file.name);
    return json("/api/cases", { method: "POST", body: form });
  },

  async download(id: string, kind: ExportKind, priors: string[]): Promise<{ name: string; content: Blob }> {
    const answer = await send(`/api/cases/${id}/export.${kind}${query(priors)}`);
    const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? `report.${kind}`;
    return { name, content: await answer.blob() };
  },

  /** The picture with calipers, and how far down it the first of them stands, as a share of its height. */
  async original(id: string, ids: readonly string[]): Promise<{ content: Blob; down: number | null }> {
    const answer = await send(`/api/cases/${id}/picture?${ids.map((key) => `ids=${encodeURIComponent(key)}`).join("&")}`);
    const place = answer.headers.get("X-Place")?.split(" ");
    return { content: await answer.blob(), down: place ? Number(place[1]) : null };
  },
  picture: async (id: string) => (await send(`/api/threads/pictures/${id}`)).blob(),

  begin: (case_id: string, prior_case_ids: string[]) =>
    json<{ thread_id: string }>("/api/threads", post({ case_id, prior_case_ids })),
  thread: (id: string) => json<Thread>(`/api/threads/${id}`),
  run: (thread: string, run: string) => json<Run>(`/api/threads/${thread}/runs/${run}`),
  runEvidence: async (thread: string, run: string) =>
    (await json<{ items: Evidence }>(`/api/threads/${thread}/runs/${run}/evidence`)).items,
  cancel: (thread: string) => json<unknown>(`/api/threads/${thread}/cancel`, { method: "POST" }),

  ask: (thread: string, text: string, listen: Listener) => stream(`/api/threads/${thread}/runs`, post({ text }), listen),
  resume: (thread: string, value: boolean | string, listen: Listener) =>
    stream(`/api/threads/${thread}/resume`, post({ value }), listen),
  follow: (thread: string, run: string, listen: Listener) => stream(`/api/threads/${thread}/runs/${run}/events`, {}, listen),
};

export interface Listener {
  kept?: (run_id: string) => void;
  event: (event: WireEvent) => void;
}

/** Reads server-sent events from an ordinary answer, because an EventSource can carry no token. */
async function stream(path: string, init: RequestInit, listen: Listener): Promise<void> {
  const answer = await send(path, init);
  const run = answer.headers.get("X-Run-Id");
  if (run) listen.kept?.(run);
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new Refused(0, "The server went away during this answer. The question is kept; ask again when it is back.");
    });
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const event = /^event: (.+)$/m.exec(part)?.[1];
      const data = /^data: (.+)$/m.exec(part)?.[1];
      if (event && data) listen.event({ event, data: JSON.parse(data) } as WireEvent);
    }
  }
}
