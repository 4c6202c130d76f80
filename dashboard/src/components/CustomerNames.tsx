import { Fragment } from "react";

import { CustomerName } from "./CustomerName";

const SHOWN = 5;

/** The names of some customers, the first few of them, parted by commas. */
export function CustomerNames({ ids, link }: { ids: string[]; link?: boolean }) {
  const more = ids.length - SHOWN;
  return (
    <>
      {ids.slice(0, SHOWN).map((id, index) => (
        <Fragment key={id}>
          {index > 0 && ", "}
          <CustomerName id={id} link={link} />
        </Fragment>
      ))}
      {more > 0 && ` and ${more} more`}
    </>
  );
}
