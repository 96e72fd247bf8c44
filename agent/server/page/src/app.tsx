// The page: who is signed in, the list of cases, and the case that is open.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { api, Refused, token } from "./api";
import { CaseList } from "./panels/cases";
import { CaseView } from "./panels/case";
import { SignIn, Welcome } from "./panels/entry";
import { Keys } from "./panels/keys";
import { useTheme } from "./theme";
import type { CaseListed, Session } from "./types";

export interface Upload {
  name: string;
  error: string | null;
}

const opened = (): string => location.hash.slice(1).split("/")[0] ?? "";

export function App() {
  const [session, setSession] = useState<Session | null>(null);
  const [signingIn, setSigningIn] = useState("");
  const [cases, setCases] = useState<CaseListed[] | null>(null);
  const [current, setCurrent] = useState(opened());
  const [listShown, setListShown] = useState(innerWidth >= 1700 || !opened());
  const [uploading, setUploading] = useState(false);
  const [problems, setProblems] = useState<string[]>([]);
  const [dragging, setDragging] = useState(false);
  const [keysShown, setKeysShown] = useState(false);
  const theme = useTheme();
  const depth = useRef(0);

  const enter = useCallback(async () => {
    try {
      setSession(await api.session());
      setCases(await api.cases());
      setSigningIn("");
    } catch (problem) {
      if (problem instanceof Refused && problem.status === 401) setSigningIn(token.get() ? "That token is not known here." : " ");
      else setProblems([String((problem as Error).message)]);
    }
  }, []);
  useEffect(() => void enter(), [enter]);

  useEffect(() => {
    const follow = (): void => setCurrent(opened());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);

  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const writing = event.target instanceof HTMLElement && event.target.matches("input, textarea, select");
      if (writing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "?") setKeysShown((shown) => !shown);
      else if (event.key === "[") setListShown((shown) => !shown);
      else if (event.key === "/") {
        event.preventDefault();
        document.querySelector<HTMLTextAreaElement>("#question")?.focus();
      }
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);

  const upload = useCallback(async (files: File[]) => {
    if (!files.length) return;
    setUploading(true);
    setProblems([]);
    try {
      const done = await api.upload(files);
      setProblems(done.cases.flatMap((one) => (one.error ? [`${one.name}: ${one.error}`] : [])));
      setCases(await api.cases());
      location.hash = done.case_id;
      if (innerWidth < 1700 && done.cases.length === 1) setListShown(false);
    } catch (problem) {
      setProblems([String((problem as Error).message)]);
    } finally {
      setUploading(false);
    }
  }, []);

  const refresh = useCallback(async () => setCases(await api.cases()), []);
  const remove = useCallback(async (id: string) => {
    await api.remove(id);
    if (opened() === id) location.hash = "";
    await refresh();
  }, [refresh]);

  if (signingIn) return <SignIn problem={signingIn.trim()} enter={enter} />;
  const known = cases?.some((one) => one.case_id === current);
  const leave = (): void => {
    token.set("");
    location.hash = "";
    location.reload();
  };

  return (
    <div
      class={`page ${listShown ? "with-list" : ""} ${dragging ? "dragging" : ""}`}
      onDragEnter={(event) => (event.preventDefault(), depth.current++, setDragging(true))}
      onDragOver={(event) => event.preventDefault()}
      onDragLeave={() => --depth.current <= 0 && setDragging(false)}
      onDrop={(event) => {
        event.preventDefault();
        depth.current = 0;
        setDragging(false);
        void upload([...(event.dataTransfer?.files ?? [])]);
      }}
    >
      {current && known && (
        <nav class="skips" aria-label="Skip">
          <a class="skip" href="#question" onClick={(event) => (event.preventDefault(), document.getElementById("question")?.focus())}>
            Go to the question
          </a>
        </nav>
      )}
      <CaseList
        cases={cases} current={current} shown={listShown} toggle={() => setListShown(!listShown)} upload={upload}
        uploading={uploading} remove={remove} session={session} leave={leave} theme={theme} keys={() => setKeysShown(true)}
      />
      <main class="stage">
        {problems.length > 0 && (
          <div class="problems" role="alert">
            <ul>{problems.map((problem) => <li key={problem}>{problem}</li>)}</ul>
            <button type="button" class="quiet" onClick={() => setProblems([])}>Dismiss</button>
          </div>
        )}
        {current && known ? (
          <CaseView key={current} id={current} cases={cases ?? []} session={session} dark={theme.dark} refresh={refresh} />
        ) : (
          <Welcome ready={cases !== null} missing={Boolean(current) && cases !== null} upload={upload} uploading={uploading} session={session} />
        )}
      </main>
      {dragging && <div class="drop-here" aria-hidden="true"><p>Drop the ECG files here</p></div>}
      {keysShown && <Keys close={() => setKeysShown(false)} />}
    </div>
  );
}
