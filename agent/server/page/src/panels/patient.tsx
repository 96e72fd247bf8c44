// What the file did not say of the patient: many limits depend on age and sex.

import { useState } from "preact/hooks";
import { api } from "../api";
import type { CaseSummary } from "../types";

export function PatientFacts({ id, summary, done }: { id: string; summary: CaseSummary; done: () => Promise<void> }) {
  const [age, setAge] = useState("");
  const [sex, setSex] = useState("");
  const [problem, setProblem] = useState("");
  if (summary.age !== null && summary.sex !== null) return null;
  const keep = async (): Promise<void> => {
    try {
      await api.describe(id, age ? Number(age) : null, sex || null);
      await done();
    } catch (found) {
      setProblem((found as Error).message);
    }
  };
  return (
    <form class="who" onSubmit={(event) => (event.preventDefault(), void keep())}>
      {summary.age === null && (
        <input type="number" class="tool" min={0} max={130} aria-label="Age in years" placeholder="Age" value={age} onInput={(event) => setAge(event.currentTarget.value)} />
      )}
      {summary.sex === null && (
        <select class="tool" aria-label="Sex" value={sex} onChange={(event) => setSex(event.currentTarget.value)}>
          <option value="">Sex</option>
          <option value="female">Female</option>
          <option value="male">Male</option>
        </select>
      )}
      <button type="submit" class="tool" disabled={!age && !sex}>Set</button>
      {problem && <span class="problem" role="alert">{problem}</span>}
    </form>
  );
}
