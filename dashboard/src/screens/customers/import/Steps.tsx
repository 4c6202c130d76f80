import { Link, useLocation } from "react-router";

import { useParam } from "../../../components/useFilters";

const STEPS = ["file", "columns", "check", "done"] as const;
export type Step = (typeof STEPS)[number];
const TITLES: Record<Step, string> = {
  file: "File",
  columns: "Columns",
  check: "Check",
  done: "Import",
};

/** The step that the address names, so that the browser's back and forward go through them. */
export function useStep() {
  const [name, set] = useParam("step");
  const step = STEPS.find((one) => one === name) ?? "file";
  return [step, (next: Step) => set(next)] as const;
}

/** Where one is, with the way to whatever has been reached. */
export function Steps({ step, reached }: { step: Step; reached: Step[] }) {
  const { pathname } = useLocation();
  return (
    <nav aria-label="Steps">
      <ol className="wizard-steps">
        {STEPS.map((one, index) => {
          const content = (
            <>
              <span className="step-number" aria-hidden>
                {index + 1}
              </span>
              {TITLES[one]}
            </>
          );
          return (
            <li key={one} aria-current={one === step ? "step" : undefined}>
              {reached.includes(one) && one !== step ? (
                <Link to={`${pathname}?step=${one}`}>{content}</Link>
              ) : (
                <span>{content}</span>
              )}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
