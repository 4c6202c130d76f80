import type { UseQueryResult } from "@tanstack/react-query";
import type { ComponentProps, ReactNode } from "react";

import type { Page } from "../api/types";
import { DataTable } from "./DataTable";
import { Pager } from "./Pager";
import { ProblemAlert } from "./Problem";

type Props<Row> = Omit<ComponentProps<typeof DataTable<Row>>, "rows"> & {
  list: UseQueryResult<Page<Row>>;
  onGo: ComponentProps<typeof Pager>["onGo"];
  /** What is said below the rows. */
  children?: ReactNode;
};

/** A page of a list, or why it could not be read, and the way to the pages beside it. */
export function ListTable<Row>({ list, onGo, children, ...table }: Props<Row>) {
  return (
    <>
      {list.error ? (
        <div className="panel-body">
          <ProblemAlert error={list.error} onRetry={() => void list.refetch()} />
        </div>
      ) : (
        <DataTable {...table} rows={list.data?.items} />
      )}
      {children}
      <Pager page={list.data} onGo={onGo} />
    </>
  );
}
