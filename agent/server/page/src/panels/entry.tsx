// Before a case is open: signing in, and the invitation to drop an ECG.

import { useRef, useState } from "preact/hooks";
import { token } from "../api";
import type { Session } from "../types";

export function SignIn({ problem, enter }: { problem: string; enter: () => Promise<void> }) {
  const [value, setValue] = useState("");
  return (
    <main class="entry">
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          token.set(value.trim());
          void enter();
        }}
      >
        <h1>Calipers</h1>
        <label for="token">Your access token</label>
        <input id="token" type="password" autocomplete="off" required value={value} onInput={(event) => setValue(event.currentTarget.value)} />
        {problem && <p class="problem" role="alert">{problem}</p>}
        <button class="main" type="submit">Sign in</button>
        <p class="note">The token is kept in this tab only. Research use, not a medical device.</p>
      </form>
    </main>
  );
}

interface WelcomeProps {
  ready: boolean;
  missing: boolean;
  upload: (files: File[]) => Promise<void>;
  uploading: boolean;
  session: Session | null;
}

export function Welcome({ ready, missing, upload, uploading, session }: WelcomeProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <div class="entry">
      <div class="card drop">
        {missing && <p class="problem" role="alert">There is no such case among yours.</p>}
        <svg class="glyph" viewBox="0 0 120 40" aria-hidden="true">
          <path d="M2 24h26l6-7 6 7h8l5-20 8 34 6-14h10l8-8 9 8h24" />
        </svg>
        <h1>Drop a 12-lead ECG</h1>
        <p>It is measured on this machine. Every claim cites what was measured, and lights it up on the trace.</p>
        <button class="main" type="button" disabled={uploading || !ready} onClick={() => input.current?.click()}>
          {uploading ? "Reading and measuring…" : ready ? "Choose files" : "Starting the engine…"}
        </button>
        <input
          ref={input} id="files" class="unseen" type="file" multiple tabIndex={-1} aria-label="ECG files"
          onChange={(event) => {
            void upload([...(event.currentTarget.files ?? [])]);
            event.currentTarget.value = "";
          }}
        />
        <p class="note">
          DICOM, GE MUSE XML, HL7 aECG, SCP-ECG, WFDB (.hea and .dat together), EDF, Philips XML, CSV, NPY;
          a PNG, JPEG or PDF of a printed ECG
          {session ? `; at most ${session.max_upload_mb} MB` : ""}. Several ECGs at once become several cases.
        </p>
      </div>
      <p class="note disclaimer">Research use, not a medical device.</p>
    </div>
  );
}
