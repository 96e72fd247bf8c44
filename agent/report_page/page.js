"use strict";
// Lights up on the trace what a citation cites. All positions come from the report, in millimetres.
(() => {
  const facts = JSON.parse(document.getElementById("evidence").textContent);
  const traces = new Map([...document.querySelectorAll("svg.trace")].map((svg) => [svg.dataset.view, svg]));
  const lit = document.getElementById("lit");
  const announce = document.getElementById("announce");
  const idle = lit.textContent;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let view = "3x4";
  let held = null;

  const shape = (name, attributes, text) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text) node.textContent = text;
    return node;
  };
  const marksOf = (name, group) => facts.views[name].marks[group] || [];
  const groupOf = (node) => node.dataset.id || node.dataset.group;

  const drawn = (mark, colour) => {
    const group = shape("g", { class: `mark c${colour}`, "data-mark": mark.id });
    const [x0, x1] = mark.x;
    const [y0, y1] = mark.y;
    const [left, top, right, bottom] = mark.box;
    for (const [a, b, c, d] of mark.echoes || [])
      group.append(shape("path", { class: "echo", d: `M${a} ${c}V${d}M${b} ${c}V${d}` }));
    if (mark.amplitude) {
      const nearX = Math.min(Math.max(x0, left), right);
      const nearY = Math.min(Math.max(y0, top), bottom);
      group.append(shape("path", { class: "caliper", d: `M${x0} ${y0}V${y1}M${x0 - 1.2} ${y1}h2.4` }));
      group.append(shape("path", { class: "leader", d: `M${x0} ${y0}L${nearX} ${nearY}` }));
      group.append(shape("circle", { class: "peak", cx: x0, cy: y0, r: 0.7 }));
    } else {
      const [cutLeft, cutRight] = mark.cut || [0, 0];
      const lines = `${cutLeft ? "" : `M${x0} ${y0}V${y1}`}${cutRight ? "" : `M${x1} ${y0}V${y1}`}M${x0} ${y0}H${x1}`;
      const high = Math.min(y0, y1);
      const wide = x1 - x0 > 60;
      if (!wide) group.append(shape("rect", { class: "span", x: x0, y: high, width: Math.max(x1 - x0, 0.3), height: Math.abs(y1 - y0) }));
      group.append(shape("path", { class: "caliper", d: lines }));
      for (const [a, b] of mark.repeats || [])
        group.append(shape("path", { class: "caliper", d: `M${a} ${y1}V${y0}H${b}V${y1}` }));
    }
    group.append(shape("rect", { class: "plate", x: left, y: top, width: right - left, height: bottom - top, rx: 0.6 }));
    group.append(shape("text", { x: (left + right) / 2, y: (top + bottom) / 2 }, mark.label));
    return group;
  };

  const explain = (group) => {
    const item = facts.evidence[group];
    const absent = facts.views[view].absent[group] || [];
    if (item) {
      const said = item.facts.map(([term, text]) => `${term}: ${text}`);
      const why = absent.map(([, reason]) => (item.label.includes("not measurable") ? "" : `not on this view: ${reason}`));
      return [item.label, ...said, ...why.filter(Boolean)].join(" · ");
    }
    const shown = marksOf(view, group).map((mark) => mark.label);
    const rest = absent.map(([id, reason]) => `${id} not shown: ${reason}`);
    return [...shown, ...rest].join(" · ") || "Nothing of this lies on the trace.";
  };

  const light = (group) => {
    for (const trace of traces.values()) trace.querySelector(".marks").replaceChildren();
    document.querySelectorAll(".on").forEach((node) => node.classList.remove("on"));
    document.querySelectorAll("[aria-pressed='true']:not(.view)").forEach((node) => node.setAttribute("aria-pressed", "false"));
    lit.textContent = group ? explain(group) : idle;
    if (!group) return;
    for (const node of document.querySelectorAll("[data-id], [data-group]")) {
      if (groupOf(node) !== group) continue;
      node.classList.add("on");
      if (group === held && node.hasAttribute("aria-pressed")) node.setAttribute("aria-pressed", "true");
    }
    const layer = traces.get(view).querySelector(".marks");
    marksOf(view, group).forEach((mark, number) => layer.append(drawn(mark, number % 4)));
  };

  const choose = (name) => {
    view = name;
    for (const [key, trace] of traces) trace.toggleAttribute("hidden", key !== name);
    for (const button of document.querySelectorAll("button.view"))
      button.setAttribute("aria-pressed", String(button.dataset.view === name));
    light(held);
  };

  // The facts of a citation unfold below its row; a second click folds them away.
  const unfold = (chip, open) => {
    const list = chip.closest("li")?.querySelector("dl.facts");
    const item = facts.evidence[chip.dataset.id];
    if (!list || !item) return;
    list.replaceChildren();
    list.hidden = !open;
    if (!open) return;
    for (const [term, text] of [["citation", `${item.label} (${chip.dataset.id})`], ...item.facts]) {
      list.append(Object.assign(document.createElement("dt"), { textContent: term }));
      list.append(Object.assign(document.createElement("dd"), { textContent: text }));
    }
  };

  // Scrolls by positions, not to an element: the marks are drawn anew whenever the pointer moves.
  const bring = (trace) => {
    const mark = trace.querySelector(".mark .plate");
    if (!mark) return;
    const behavior = calm ? "auto" : "smooth";
    const sheet = trace.parentElement;
    const at = mark.getBoundingClientRect();
    const frame = sheet.getBoundingClientRect();
    if (at.left < frame.left || at.right > frame.right)
      sheet.scrollBy({ left: (at.left + at.right - frame.left - frame.right) / 2, behavior });
    if (at.top < 0 || at.bottom > innerHeight) scrollBy({ top: at.top - innerHeight / 3, behavior });
  };

  const hold = (node) => {
    const group = groupOf(node);
    held = held === group ? null : group;
    document.querySelectorAll("dl.facts").forEach((list) => { list.hidden = true; });
    // A stretch that this view does not show whole is looked up in the other one.
    const other = view === "3x4" ? "12x1" : "3x4";
    if (held && marksOf(other, held).length > marksOf(view, held).length) choose(other);
    light(held);
    if (node.classList.contains("chip")) unfold(node, held !== null);
    announce.textContent = held ? `On the trace: ${explain(held)}` : "Nothing is marked.";
    if (held) bring(traces.get(view));
  };

  const target = (event) => event.target.closest?.("[data-id], [data-group]");
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.view");
    if (button) { choose(button.dataset.view); return; }
    const node = target(event);
    // Selecting a sentence to copy it is not a click on it.
    if (node && (node.matches("button") || getSelection().isCollapsed)) hold(node);
  });
  for (const type of ["pointerover", "focusin"])
    document.addEventListener(type, (event) => { const node = target(event); if (node) light(groupOf(node)); });
  for (const type of ["pointerout", "focusout"])
    document.addEventListener(type, (event) => { if (target(event)) light(held); });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    held = null;
    light(null);
    document.querySelectorAll("dl.facts").forEach((list) => { list.hidden = true; });
  });
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((node) => { node.open = true; }));
})();
