// A pair of calipers to hold by hand: two edges in time, two in amplitude, and what lies between them.

import { FONT, type Painter } from "./painter";
import type { Sheet } from "./sheet";

export type Edge = "left" | "right" | "top" | "bottom" | "whole";

/** In millimetres on the sheet. */
export class Calipers {
  constructor(public left: number, public right: number, public top: number, public bottom: number, public march = false) {}

  /** In the middle of the window, about a height in pixels. */
  static in(sheet: Sheet, view: { left: number; top: number; width: number; scale: number }, about: number): Calipers {
    const x = view.left + view.width / view.scale / 2, y = view.top + about / view.scale;
    return new Calipers(x - 0.3 * sheet.speed, x + 0.3 * sheet.speed, y - 0.5 * sheet.gain, y + 0.5 * sheet.gain);
  }

  /** What a point takes hold of; undefined where it takes nothing. */
  edgeAt(x: number, y: number, reach: number): Edge | undefined {
    const inside = y > this.top - reach && y < this.bottom + reach;
    const along = x > Math.min(this.left, this.right) - reach && x < Math.max(this.left, this.right) + reach;
    if (inside && Math.abs(x - this.right) < reach) return "right";
    if (inside && Math.abs(x - this.left) < reach) return "left";
    if (along && Math.abs(y - this.top) < reach) return "top";
    if (along && Math.abs(y - this.bottom) < reach) return "bottom";
    return along && inside ? "whole" : undefined;
  }

  move(edge: Edge, dx: number, dy: number): void {
    if (edge === "left" || edge === "whole") this.left += dx;
    if (edge === "right" || edge === "whole") this.right += dx;
    if (edge === "top" || edge === "whole") this.top += dy;
    if (edge === "bottom" || edge === "whole") this.bottom += dy;
  }

  /** `412 ms · 146/min · 0.80 mV` */
  reading(sheet: Sheet): string {
    const ms = (1000 * Math.abs(this.right - this.left)) / sheet.speed;
    const mv = (this.bottom - this.top) / sheet.gain;
    const rate = ms >= 100 ? ` · ${Math.round(60_000 / ms)}/min` : "";
    return `${Math.round(ms)} ms${rate} · ${mv.toFixed(2)} mV`;
  }

  draw(painter: Painter): void {
    const { pen, view, ink, sheet } = painter;
    const [x0, x1, y0, y1] = [painter.x(this.left), painter.x(this.right), painter.y(this.top), painter.y(this.bottom)];
    pen.save();
    pen.strokeStyle = ink.caliper;
    pen.fillStyle = ink.caliper;
    if (this.march && Math.abs(x1 - x0) > 6) {
      pen.globalAlpha = 0.45;
      pen.setLineDash([4, 4]);
      pen.beginPath();
      for (let x = x0 % (x1 - x0); x < view.width; x += Math.abs(x1 - x0)) pen.moveTo(x, 0), pen.lineTo(x, view.height);
      pen.stroke();
      pen.setLineDash([]);
    }
    pen.globalAlpha = 0.1;
    pen.fillRect(x0, y0, x1 - x0, y1 - y0);
    pen.globalAlpha = 1;
    pen.lineWidth = 1.6;
    pen.beginPath();
    for (const x of [x0, x1]) pen.moveTo(x, Math.min(y0, y1) - 14), pen.lineTo(x, Math.max(y0, y1) + 14);
    for (const y of [y0, y1]) pen.moveTo(Math.min(x0, x1) - 8, y), pen.lineTo(Math.max(x0, x1) + 8, y);
    pen.stroke();
    for (const [x, y] of [[x0, (y0 + y1) / 2], [x1, (y0 + y1) / 2], [(x0 + x1) / 2, y0], [(x0 + x1) / 2, y1]] as const) {
      pen.beginPath();
      pen.arc(x, y, 4.5, 0, 2 * Math.PI);
      pen.fill();
    }
    const text = this.reading(sheet);
    pen.font = `600 13px ${FONT}`;
    const size = painter.textSize(text);
    const left = Math.min(Math.max((x0 + x1 - size.width) / 2, 4), view.width - size.width - 4);
    const above = Math.min(y0, y1) - size.height - 20;
    const top = above > 4 ? above : Math.max(y0, y1) + 20;
    painter.plate(text, { left, top, right: left + size.width, bottom: top + size.height }, ink.caliper);
    pen.restore();
  }
}
