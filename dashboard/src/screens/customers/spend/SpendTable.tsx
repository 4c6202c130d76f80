import { Anchor } from "@mantine/core";
import { Link } from "react-router";

import type { SpendBranch } from "../../../api/types";
import { ScrollX } from "../../../components/DataTable";
import { moneyText, plural } from "../../../components/format";
import { part } from "./share";
import { tiles, type Tile } from "./tiles";

type Props = {
  branch: SpendBranch;
  currency: string;
  /** The customer whose page this is: it needs no link. */
  home: string;
  onOpen: (way: string[]) => void;
};

/** The same figures as the chart, to the cent, with the way down and the way to each customer. */
export function SpendTable({ branch, currency, home, onOpen }: Props) {
  return (
    <ScrollX label="Spend by child">
      <table className="grid-table" aria-label="Spend by child">
        <thead>
          <tr>
            <th scope="col">Customer</th>
            <th scope="col" className="end">
              Net, {currency}
            </th>
            <th scope="col" className="end">
              Part
            </th>
          </tr>
        </thead>
        <tbody>
          {tiles(branch).map((tile) => (
            <tr key={tile.key}>
              <td>
                <Name tile={tile} home={home} onOpen={onOpen} />
              </td>
              <td className="end money">{moneyText(tile.amounts.netTotal, currency)}</td>
              <td className="end whole">{part(tile.amounts.netTotal, branch.netTotal)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr className="total">
            <td>Total</td>
            <td className="end money">{moneyText(branch.netTotal, currency)}</td>
            <td className="end whole">{part(branch.netTotal, branch.netTotal)}</td>
          </tr>
        </tfoot>
      </table>
    </ScrollX>
  );
}

type NameProps = { tile: Tile; home: string; onOpen: (way: string[]) => void };

function Name({ tile: { kind, name, customer, branch }, home, onOpen }: NameProps) {
  if (!customer) return <span className="aside">{name}</span>;
  const count = branch?.childCount ?? 0;
  const page = (text: string, label?: string) => (
    <Anchor component={Link} to={`/customers/${customer}`} size="sm" aria-label={label}>
      {text}
    </Anchor>
  );
  if (kind === "own") return customer === home ? <span className="aside">{name}</span> : page(name);
  if (count === 0) return page(name);
  return (
    <>
      <Anchor component="button" type="button" size="sm" onClick={() => onOpen([customer])}>
        {name}
      </Anchor>
      <span className="line-note">
        {plural(count, "child", "children")} · {page("Open", `Open ${name}`)}
      </span>
    </>
  );
}
