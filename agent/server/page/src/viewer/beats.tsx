// The median beat of each lead, large, with the earlier ECG's beneath it.

import { useEffect, useRef } from "preact/hooks";
import { LEADS, type Beat, type Evidence, type Fiducials } from "../types";
import { FONT, Painter, palette } from "./painter";
import type { Sheet } from "./sheet";

type Median = NonNullable<Fiducials["median"]>;

interface Props {
  now: Median;
  then: Median | null;
  evidence: Evidence;
  beats: Beat[];
  dark: boolean;
}

const SPEED = 50;

export function Beats({ now, then, evidence, beats, dark }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const box = canvas.current!.parentElement!;
    const draw = (): void => paint(canvas.current!, now, then, edges(evidence, beats));
    const sized = new ResizeObserver(draw);
    sized.observe(box);
    draw();
    return () => sized.disconnect();
  }, [now, then, evidence, beats, dark]);
  const words = `Median beats, ${SPEED} mm/s, 10 mm/mV, from QRS onset${then ? "; the earlier ECG beneath in colour" : ""}`;
  return (
    <>
      <canvas ref={canvas} role="img" aria-label={words} />
      <p class="caption">{words}</p>
    </>
  );
}

/** Seconds from QRS onset at which P begins, QRS ends and T ends, as the global intervals say. */
function edges(evidence: Evidence, beats: Beat[]): number[] {
  if (!beats.length) return [];
  const length = (id: string): number | undefined => {
    const item = evidence[id];
    return item?.measurable && item.number !== null ? item.number / 1000 : undefined;
  };
  const pr = length("pr"), qrs = length("qrs"), qt = length("qt");
  return [pr === undefined ? undefined : -pr, 0, qrs, qt].filter((at) => at !== undefined);
}

function paint(canvas: HTMLCanvasElement, now: Median, then: Median | null, at: number[]): void {
  const box = canvas.parentElement!.getBoundingClientRect();
  const sharp = devicePixelRatio || 1;
  canvas.width = box.width * sharp;
  canvas.height = box.height * sharp;
  canvas.style.width = `${box.width}px`;
  canvas.style.height = `${box.height}px`;
  const pen = canvas.getContext("2d", { alpha: false })!;
  pen.setTransform(sharp, 0, 0, sharp, 0, 0);
  const ink = palette(canvas);
  const length_s = now.signal_mv.I.length / now.fs_hz;
  const cell = { wide: box.width / 4, high: (box.height - 26) / 3 };
  const scale = Math.min(cell.wide / (length_s * SPEED + 6), cell.high / 34);
  const sheet = { rows: 0, strips: [], speed: SPEED, gain: 10 } as unknown as Sheet;
  new Painter(pen, { scale, left: 0, top: 0, width: box.width, height: box.height }, sheet, ink).paper();
  LEADS.forEach((lead, number) => {
    const left = Math.floor(number / 3) * cell.wide, top = (number % 3) * cell.high;
    const all = [now, ...(then ? [then] : [])].flatMap((one) => one.signal_mv[lead].filter((mv) => mv !== null));
    const middle = all.length ? (Math.max(...all) + Math.min(...all)) / 2 : 0;
    const room = all.length ? Math.min(10, (cell.high / scale - 8) / Math.max(0.2, Math.max(...all) - Math.min(...all))) : 10;
    const x = (s: number): number => left + (3 + s * SPEED) * scale;
    const y = (mv: number): number => top + cell.high / 2 + 6 - (mv - middle) * room * scale;
    pen.strokeStyle = ink.accent;
    pen.globalAlpha = 0.45;
    pen.lineWidth = 1;
    pen.setLineDash([3, 3]);
    for (const edge of at) {
      pen.beginPath();
      pen.moveTo(x(edge + now.before_s), top + 14);
      pen.lineTo(x(edge + now.before_s), top + cell.high - 6);
      pen.stroke();
    }
    pen.setLineDash([]);
    pen.globalAlpha = 1;
    for (const [median, colour] of [[then, ink.prior], [now, ink.wave]] as const) {
      if (!median) continue;
      pen.strokeStyle = colour;
      pen.lineWidth = 1.8;
      pen.beginPath();
      let down = false;
      median.signal_mv[lead].forEach((mv, i) => {
        if (mv === null) down = false;
        else pen[down ? "lineTo" : "moveTo"](x(i / median.fs_hz), y(mv)), (down = true);
      });
      pen.stroke();
    }
    pen.fillStyle = ink.wave;
    pen.font = `700 14px ${FONT}`;
    pen.fillText(room < 10 ? `${lead}  ${room.toFixed(1)} mm/mV` : lead, left + 8, top + 16);
  });
}
