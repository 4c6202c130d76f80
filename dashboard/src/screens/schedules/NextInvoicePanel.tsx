import { Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { Problem } from "../../api/http";
import { nextInvoice } from "../../api/schedules";
import type { NextInvoice } from "../../api/types";
import { Empty } from "../../components/Empty";
import { dayText, periodText, plural } from "../../components/format";
import { Panel } from "../../components/Panel";
import { ProblemAlert } from "../../components/Problem";
import { PreviewedLines } from "./PreviewedLines";

/** What the schedule would bill if its period ended now. */
export function NextInvoicePanel({ id }: { id: string }) {
  const found = useQuery(nextInvoice(id));
  const { data, error } = found;
  return (
    <Panel title="Next invoice" actions={data && <When invoice={data} />} flush>
      {error instanceof Problem && error.code === "nothing_to_bill" ? (
        <Empty title="No more invoices">{error.message}</Empty>
      ) : error ? (
        <div className="panel-body">
          <ProblemAlert error={error} onRetry={() => void found.refetch()} />
        </div>
      ) : data ? (
        <PreviewedLines invoice={data} label="Lines of the next invoice" />
      ) : (
        <div className="panel-body">
          <Skeleton height={96} aria-label="Loading the next invoice" />
        </div>
      )}
    </Panel>
  );
}

/** Its period and when it is due; usage goes on until then. */
function When({ invoice }: { invoice: NextInvoice }) {
  const { billingPeriod: period, dueOn, usageItemGroups: members } = invoice;
  const count = members.pagination.totalResultSize;
  return (
    <Text size="sm" c="dimmed">
      {period && `${periodText(period.start, period.endInclusive)}, so far · `}
      {count > 0 && `${plural(count, "customer")} · `}
      due {dayText(dueOn)}
    </Text>
  );
}
