// The edge between trace and panel: dragged, or moved with the arrow keys; the width stays for the next time.

import { useEffect, useRef, useState } from "preact/hooks";

const KEY = "calipers-panel";
const LEAST = 320;
const STEP = 24;

const most = (): number => Math.max(LEAST, Math.round(0.6 * innerWidth));

export function Splitter() {
  const edge = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(Number(localStorage.getItem(KEY)) || 0);
  const held = useRef(false);
  const measured = (): number => edge.current!.parentElement!.getBoundingClientRect().width;
  const take = (wanted: number): void => setWidth(Math.min(most(), Math.max(LEAST, Math.round(wanted))));
  useEffect(() => {
    const page = edge.current!.closest<HTMLElement>(".case")!;
    if (width) {
      page.style.setProperty("--panel", `${Math.min(width, most())}px`);
      localStorage.setItem(KEY, String(width));
    }
  }, [width]);
  return (
    <div
      ref={edge} class="splitter" role="separator" tabIndex={0} aria-orientation="vertical" aria-label="Width of the panel"
      aria-valuemin={LEAST} aria-valuemax={most()} aria-valuenow={width || Math.min(460, Math.max(340, Math.round(0.29 * innerWidth)))}
      onPointerDown={(event) => (event.currentTarget.setPointerCapture(event.pointerId), (held.current = true))}
      onPointerMove={(event) => held.current && take(edge.current!.parentElement!.getBoundingClientRect().right - event.clientX)}
      onPointerUp={() => (held.current = false)}
      onPointerCancel={() => (held.current = false)}
      onKeyDown={(event) => {
        const step = { ArrowLeft: STEP, ArrowRight: -STEP }[event.key];
        if (!step) return;
        event.preventDefault();
        take(measured() + step);
      }}
    />
  );
}
