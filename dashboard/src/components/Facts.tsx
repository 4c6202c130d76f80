import type { ReactNode } from "react";

import { Missing } from "./Figures";

/** Named facts in a row; what is missing shows a dash. */
export function Facts({ items }: { items: [name: string, value: ReactNode][] }) {
  return (
    <dl className="facts">
      {items.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value === undefined || value === null || value === false || value === "" ? <Missing /> : value}</dd>
        </div>
      ))}
    </dl>
  );
}
