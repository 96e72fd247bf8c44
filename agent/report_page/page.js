"use strict";
(() => {
  const facts = JSON.parse(document.getElementById("evidence").textContent);
  const trace = document.getElementById("trace");
  const marks = document.getElementById("marks");
  const status = document.getElementById("lit");
  const MM_PER_S = 25;
  const ROW = 30;
  let held = null;

  const svg = (name, attributes) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    return node;
  };

  // The strip that shows a span: the lead's own stretch, else a rhythm strip of that lead; a span of all
  // leads belongs on the rhythm strip.
  const stripFor = (lead, start, end) => {
    const shows = (s) => start >= s.start_s - 0.01 && end <= s.end_s + 0.01;
    const own = facts.strips.filter((s) => (lead ? s.lead === lead : s.rhythm) && shows(s));
    return own.find((s) => !s.rhythm) || own[0] || null;
  };

  // A span outside its lead's stretch of the sheet is shown on a neighbouring beat only if it repeats
  // there, which the page cannot know: it says where the span is instead.
  const light = (id) => {
    marks.replaceChildren();
    document.querySelectorAll(".on").forEach((node) => node.classList.remove("on"));
    if (!id) return;
    document.querySelectorAll(`[data-id="${CSS.escape(id)}"]`).forEach((node) => node.classList.add("on"));
    const item = facts.evidence[id];
    if (!item) { status.textContent = `${id}: not a place on the trace.`; return; }
    const drawn = [];
    const spans = item.spans.slice(0, 40);
    for (const [lead, start, end] of spans) {
      const strip = stripFor(lead, start, end) || (lead ? stripFor(null, start, end) : null);
      if (!strip) continue;
      draw(strip, start, end, drawn.length === 0 ? `${id} ${item.value}` : "");
      drawn.push(strip);
    }
    const where = spans.length ? spans.slice(0, 3).map(([lead, a, b]) => `${lead || "all leads"} ${a.toFixed(3)}–${b.toFixed(3)} s`).join(", ") : "";
    status.textContent = `${id}: ${item.value}${item.why ? ` (${item.why})` : ""}${where ? `, ${where}` : ""}${spans.length && !drawn.length ? ", beyond this sheet" : ""}`;
    if (drawn.length) marks.lastElementChild.scrollIntoView({ block: "nearest", inline: "center" });
  };

  const draw = (strip, start, end, label) => {
    const x1 = strip.x_mm + (start - strip.start_s) * MM_PER_S;
    const x2 = Math.max(x1 + 0.4, strip.x_mm + (end - strip.start_s) * MM_PER_S);
    const top = strip.baseline_mm - ROW / 2 + 3;
    const bottom = strip.baseline_mm + ROW / 2 - 3;
    marks.append(svg("rect", { class: "span", x: x1, y: top, width: x2 - x1, height: bottom - top }));
    marks.append(svg("path", { class: "caliper", d: `M${x1} ${top}V${bottom}M${x2} ${top}V${bottom}M${x1} ${top + 2}H${x2}` }));
    if (!label) return;
    const text = svg("text", { x: Math.min(Math.max((x1 + x2) / 2, 22), 240), y: top - 0.6 });
    text.textContent = label;
    marks.append(text);
  };

  document.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-id]");
    if (!chip) return;
    held = held === chip.dataset.id ? null : chip.dataset.id;
    light(held);
    if (held) trace.closest(".sheet").scrollIntoView({ block: "nearest" });
  });
  document.addEventListener("pointerover", (event) => {
    const chip = event.target.closest("[data-id]");
    if (chip) light(chip.dataset.id);
  });
  document.addEventListener("pointerout", (event) => { if (event.target.closest("[data-id]")) light(held); });
  document.addEventListener("focusin", (event) => {
    const chip = event.target.closest("[data-id]");
    if (chip) light(chip.dataset.id);
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") { held = null; light(null); } });
})();
