// The report and the ECG as files.

import { useRef } from "preact/hooks";
import { api, type ExportKind } from "../api";

const REPORTS: ExportKind[] = ["pdf", "html", "json"];
/** What it is called, what it holds, and whether a generated ECG may become one: nobody must take it for a patient's. */
const OTHERS: [ExportKind, string, string, boolean][] = [
  ["fhir", "FHIR", "DiagnosticReport with its Observations, R4 JSON", false],
  ["dicom", "DICOM", "the PDF as an encapsulated document", false],
  ["wfdb", "WFDB", "signal, and onsets and offsets of each beat, ZIP", true],
  ["csv", "CSV", "every measurement, one a line", true],
];

export function Exports({ id, priors, synthetic, fail }: {
  id: string; priors: string[]; synthetic: boolean; fail: (message: string) => void;
}) {
  const menu = useRef<HTMLDetailsElement>(null);
  const save = async (kind: ExportKind): Promise<void> => {
    if (menu.current?.open) {
      menu.current.open = false;
      menu.current.querySelector("summary")?.focus();
    }
    try {
      const { name, content } = await api.download(id, kind, priors);
      const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(content), download: name });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    } catch (problem) {
      fail(String((problem as Error).message));
    }
  };
  const leave = (event: FocusEvent): void => {
    if (menu.current && !menu.current.contains(event.relatedTarget as Node | null)) menu.current.open = false;
  };
  return (
    <div class="exports" role="group" aria-label="Report">
      {REPORTS.map((kind) => (
        <button type="button" class="tool" key={kind} title={`Save the report as ${kind.toUpperCase()}`} onClick={() => void save(kind)}>{kind.toUpperCase()}</button>
      ))}
      <details class="menu" ref={menu} onFocusOut={leave} onKeyDown={(event) => event.key === "Escape" && menu.current && (menu.current.open = false)}>
        <summary class="tool">More</summary>
        <div>
          {OTHERS.filter(([, , , generated]) => generated || !synthetic).map(([kind, name, holds]) => (
            <button type="button" key={kind} onClick={() => void save(kind)}>{name}<small>{holds}</small></button>
          ))}
        </div>
      </details>
      <button type="button" class="tool" onClick={() => print()}>Print</button>
    </div>
  );
}
