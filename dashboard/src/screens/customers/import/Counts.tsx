import type { ImportReport } from "../../../api/imports";
import { decimalText } from "../../../components/format";

/** What an import does, as figures. */
export function Counts({ report, done }: { report: ImportReport; done?: boolean }) {
  const figures: [string, number][] = [
    [done ? "Customers created" : "Customers to create", report.created],
    [done ? "Customers moved" : "Customers to move", report.moved],
    [done ? "Parent links added" : "Parent links to add", report.linksAdded],
    ["Unchanged", report.unchanged],
  ];
  if (!done) figures.push(["Refused", report.refusedCount]);
  return (
    <dl className="counts">
      {figures.map(([name, count]) => (
        <div key={name} data-bad={(name === "Refused" && count > 0) || undefined}>
          <dt>{name}</dt>
          <dd>{decimalText(count)}</dd>
        </div>
      ))}
    </dl>
  );
}
