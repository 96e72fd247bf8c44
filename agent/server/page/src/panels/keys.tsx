// The keyboard, on one card.

import { useEffect, useRef } from "preact/hooks";

const KEYS: [string, string][] = [
  ["/", "go to the question"],
  ["[", "show or hide the list of cases"],
  ["← →", "move the edge of the panel (when it has the focus)"],
  ["↑ ↓ ← →", "move the trace (when it has the focus)"],
  ["+  −  0  1", "zoom in, zoom out, whole sheet, true scale"],
  ["C", "calipers in hand; Shift + arrows move an edge by a sample, Alt + arrows all of it"],
  ["M", "march the calipers across the sheet"],
  ["W", "P, QRS and T of each beat"],
  ["B", "median beats"],
  ["L", "next layout"],
  ["O", "earlier ECG over this one"],
  ["Esc", "put out the light on the trace"],
  ["?", "this card"],
];

export function Keys({ close }: { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="keys" aria-labelledby="keys-title" onClose={close} onClick={(event) => event.target === dialog.current && close()}>
      <h2 id="keys-title">Keyboard</h2>
      <dl>
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt><kbd>{key}</kbd></dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <button type="button" class="main" onClick={close}>Close</button>
    </dialog>
  );
}
