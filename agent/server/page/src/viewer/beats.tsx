// The median beat of each lead, large, with the earlier ECG's beneath it; or of all leads, superimposed.

import { useEffect, useRef, useState } from "preact/hooks";
import { LEADS, type Beat, type Evidence, type Fiducials } from "../types";
import { FONT, Painter, palette, type Palette } from "./painter";
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
const WIDE_SPEED = 100;

/** Where a wave begins or ends, in seconds from QRS onset, and how it is called. */
interface Landmark {
  at_s: number;
  name: string;
}

export function Beats({ now, then, evidence, beats, dark }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [together, setTogether] = useState(false);
  useEffect(() => {
    const box = canvas.current!.parentElement!;
    const draw = (): void => {
      const sheet = new Desktop(canvas.current!);
      const found = landmarks(evidence, beats);
      if (together) superimposed(sheet, now, found);
      else apart(sheet, now, then, found);
    };
    const sized = new ResizeObserver(draw);
    sized.observe(box);
    draw();
    return () => sized.disconnect();
  }, [now, then, evidence, beats, dark, together]);
  const words = together
    ? `Median beats of all leads, superimposed, ${WIDE_SPEED} mm/s, from the level before QRS`
    : `Median beats, ${SPEED} mm/s, 10 mm/mV, from QRS onset${then ? "; the earlier ECG beneath in colour" : ""}`;
  return (
    <>
      <canvas ref={canvas} role="img" aria-label={words} />
      <p class="caption">{words}</p>
      <div class="group zoom" role="group" aria-label="Median beats">
        <button type="button" class="tool" aria-pressed={!together} onClick={() => setTogether(false)}>Each lead</button>
        <button type="button" class="tool" aria-pressed={together} onClick={() => setTogether(true)}>Superimposed</button>
      </div>
    </>
  );
}

/** As the global intervals say. */
function landmarks(evidence: Evidence, beats: Beat[]): Landmark[] {
  if (!beats.length) return [];
  const length = (id: string): number | undefined => {
    const item = evidence[id];
    return item?.measurable && item.number !== null ? item.number / 1000 : undefined;
  };
  const pr = length("pr"), qrs = length("qrs"), qt = length("qt");
  return [
    { at_s: pr === undefined ? NaN : -pr, name: "P" },
    { at_s: 0, name: "QRS" },
    { at_s: qrs ?? NaN, name: "J" },
    { at_s: qt ?? NaN, name: "T end" },
  ].filter((mark) => !Number.isNaN(mark.at_s));
}

/** The canvas at the size of its window, with its pen and colours. */
class Desktop {
  readonly pen: CanvasRenderingContext2D;
  readonly ink: Palette;
  readonly width: number;
  readonly height: number;

  constructor(canvas: HTMLCanvasElement) {
    const box = canvas.parentElement!.getBoundingClientRect();
    const sharp = devicePixelRatio || 1;
    canvas.width = box.width * sharp;
    canvas.height = box.height * sharp;
    canvas.style.width = `${box.width}px`;
    canvas.style.height = `${box.height}px`;
    this.pen = canvas.getContext("2d", { alpha: false })!;
    this.pen.setTransform(sharp, 0, 0, sharp, 0, 0);
    this.ink = palette(canvas);
    this.width = box.width;
    this.height = box.height;
  }

  paper(scale: number): void {
    const sheet = { rows: 0, strips: [], speed: SPEED, gain: 10 } as unknown as Sheet;
    new Painter(this.pen, { scale, left: 0, top: 0, width: this.width, height: this.height }, sheet, this.ink).paper();
  }

  line(median: Median, lead: (typeof LEADS)[number], colour: string, x: (s: number) => number, y: (mv: number) => number): void {
    const { pen } = this;
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

  dashed(x: number, top: number, bottom: number): void {
    const { pen } = this;
    pen.strokeStyle = this.ink.accent;
    pen.globalAlpha = 0.6;
    pen.lineWidth = 1;
    pen.setLineDash([3, 3]);
    pen.beginPath();
    pen.moveTo(x, top);
    pen.lineTo(x, bottom);
    pen.stroke();
    pen.setLineDash([]);
    pen.globalAlpha = 1;
  }
}

const millivolts = (median: Median, lead: (typeof LEADS)[number]): number[] =>
  median.signal_mv[lead].filter((mv) => mv !== null);

function apart(sheet: Desktop, now: Median, then: Median | null, found: Landmark[]): void {
  const { pen, ink } = sheet;
  const length_s = now.signal_mv.I.length / now.fs_hz;
  const cell = { wide: sheet.width / 4, high: (sheet.height - 26) / 3 };
  const scale = Math.min(cell.wide / (length_s * SPEED + 6), cell.high / 34);
  sheet.paper(scale);
  LEADS.forEach((lead, number) => {
    const left = Math.floor(number / 3) * cell.wide, top = (number % 3) * cell.high;
    const all = [now, ...(then ? [then] : [])].flatMap((one) => millivolts(one, lead));
    const middle = all.length ? (Math.max(...all) + Math.min(...all)) / 2 : 0;
    const room = all.length ? Math.min(10, (cell.high / scale - 8) / Math.max(0.2, Math.max(...all) - Math.min(...all))) : 10;
    const x = (s: number): number => left + (3 + s * SPEED) * scale;
    const y = (mv: number): number => top + cell.high / 2 + 6 - (mv - middle) * room * scale;
    for (const mark of found) sheet.dashed(x(mark.at_s + now.before_s), top + 14, top + cell.high - 6);
    if (then) sheet.line(then, lead, ink.prior, x, y);
    sheet.line(now, lead, ink.wave, x, y);
    pen.fillStyle = ink.wave;
    pen.font = `700 14px ${FONT}`;
    pen.fillText(room < 10 ? `${lead}  ${room.toFixed(1)} mm/mV` : lead, left + 8, top + 16);
  });
}

/** What the global onsets and offsets are read from: the earliest and the latest of any lead. */
function superimposed(sheet: Desktop, now: Median, found: Landmark[]): void {
  const { pen, ink } = sheet;
  const length_s = now.signal_mv.I.length / now.fs_hz;
  const scale = sheet.width / (length_s * WIDE_SPEED + 10);
  sheet.paper(scale);
  const all = LEADS.flatMap((lead) => millivolts(now, lead));
  if (!all.length) return;
  const high = Math.max(...all), low = Math.min(...all);
  const gain = Math.min(20, ((sheet.height - 90) / scale) / Math.max(0.5, high - low));
  const x = (s: number): number => (5 + s * WIDE_SPEED) * scale;
  const y = (mv: number): number => 44 + (high - mv) * gain * scale;
  pen.globalAlpha = 0.7;
  for (const lead of LEADS) sheet.line(now, lead, ink.wave, x, y);
  pen.globalAlpha = 1;
  pen.font = `700 13px ${FONT}`;
  pen.textAlign = "center";
  for (const mark of found) {
    sheet.dashed(x(mark.at_s + now.before_s), 26, sheet.height - 30);
    pen.fillStyle = ink.accent;
    pen.fillText(mark.name, x(mark.at_s + now.before_s), 18);
  }
  pen.textAlign = "left";
}
