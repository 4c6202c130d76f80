import type { ReactNode } from "react";

type Props = { name: string; taxed?: boolean; strong?: boolean; children: ReactNode };

/** A sum below the lines of an invoice; `taxed` where these have a column for their tax. */
export function TotalRow({ name, taxed = false, strong = false, children }: Props) {
  return (
    <tr className={strong ? "total" : undefined}>
      <td>{name}</td>
      <td />
      <td className="wide-only" />
      {taxed && <td className="wide-only" />}
      <td className="end">{children}</td>
    </tr>
  );
}
