import { Skeleton } from "@mantine/core";
import { type ReactNode } from "react";
import { Link } from "react-router";

export type Column<Row> = {
  title: string;
  cell: (row: Row) => ReactNode;
  /** Figures are aligned at the right. */
  end?: boolean;
  /** Never broken into lines. */
  whole?: boolean;
  /** Left out on a phone. */
  wideOnly?: boolean;
};

type Props<Row> = {
  label: string;
  columns: Column<Row>[];
  rows: Row[] | undefined;
  rowKey: (row: Row) => string;
  /** Where the row leads; its first cell becomes the link. */
  rowLink?: (row: Row) => string;
  empty?: ReactNode;
  /** How many rows to sketch while loading. */
  sketch?: number;
};

/** A table of one page of things. Without rows yet, it sketches them; with none, it says so. */
export function DataTable<Row>(props: Props<Row>) {
  const { label, columns, rows, rowKey, rowLink, empty, sketch = 6 } = props;
  if (rows?.length === 0 && empty) return <>{empty}</>;
  return (
    <ScrollX label={label}>
      <table className="grid-table" aria-label={label} aria-busy={rows === undefined}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} scope="col" className={classes(column)}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows === undefined
            ? Array.from({ length: sketch }, (_, index) => (
                <tr key={index}>
                  {columns.map((column) => (
                    <td key={column.title} className={classes(column)}>
                      <Skeleton height={12} my={4} width={`${55 + ((index * 17) % 40)}%`} />
                    </td>
                  ))}
                </tr>
              ))
            : rows.map((row) => (
                <tr key={rowKey(row)} data-link={rowLink ? true : undefined}>
                  {columns.map((column, index) => (
                    <td key={column.title} className={classes(column)}>
                      {rowLink && index === 0 ? (
                        <Link className="row-link" to={rowLink(row)}>
                          {column.cell(row)}
                        </Link>
                      ) : (
                        column.cell(row)
                      )}
                    </td>
                  ))}
                </tr>
              ))}
        </tbody>
      </table>
    </ScrollX>
  );
}

function classes<Row>(column: Column<Row>): string | undefined {
  return [column.end && "end", column.whole && "whole", column.wideOnly && "wide-only"].filter(Boolean).join(" ") || undefined;
}

/** Room for something wide; the keyboard can scroll it. */
export function ScrollX({ label, children }: { label: string; children: ReactNode }) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region needs focus
    <div className="scroll-x" role="region" aria-label={`${label}, scrollable`} tabIndex={0}>
      {children}
    </div>
  );
}
