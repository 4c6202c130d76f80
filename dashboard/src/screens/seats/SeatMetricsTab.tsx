import { Button, Group } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { deleteSeatMetric, seatMetricList, type SeatMetric } from "../../api/seats";
import { ConfirmButton } from "../../components/ConfirmButton";
import type { Column } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { Day, Missing } from "../../components/Figures";
import { ListTable } from "../../components/ListTable";
import { useFilters, useParam } from "../../components/useFilters";
import { SeatMetricDrawer } from "./SeatMetricDrawer";

/** The kinds of seats that are counted. */
export function SeatMetricsTab() {
  const { cursor, go } = useFilters([]);
  const [, setNew] = useParam("new");
  const [editing, setEditing] = useParam("edit");
  const list = useQuery({ ...seatMetricList({ ...cursor, limit: 25 }), placeholderData: keepPreviousData });
  const edited = list.data?.items.find(({ id }) => id === editing);
  const columns: Column<SeatMetric>[] = [
    { title: "Label", cell: (row) => row.label },
    { title: "Seat type", cell: (row) => <code>{row.seatType}</code> },
    { title: "Description", cell: (row) => row.description ?? <Missing />, wideOnly: true },
    { title: "Added", cell: (row) => <Day value={row.createdAt} />, wideOnly: true },
    {
      title: "Actions",
      end: true,
      cell: (row) => (
        <Group gap={6} justify="flex-end">
          <Button
            variant="default"
            size="compact-xs"
            aria-label={`Edit ${row.label}`}
            onClick={() => setEditing(row.id)}
          >
            Edit
          </Button>
          <ConfirmButton
            label="Delete"
            title={`Delete ${row.label}?`}
            doneText={`${row.label} deleted.`}
            act={() => deleteSeatMetric(row.id)}
            danger
            button={{ size: "compact-xs" }}
          >
            A seat metric that a price counts cannot be deleted.
          </ConfirmButton>
        </Group>
      ),
    },
  ];
  return (
    <section className="panel" aria-label="Seat metrics">
      <ListTable
        list={list}
        onGo={go}
        label="Seat metrics"
        columns={columns}
        rowKey={(row) => row.id}
        empty={
          <Empty
            title="No seat metrics yet"
            action={<Button onClick={() => setNew("seat-metric")}>New seat metric</Button>}
          >
            A seat metric names a kind of seat, such as full users. Seat events then say how many of it a
            customer has, and seat prices name the metric they charge for.
          </Empty>
        }
      />
      {edited && <SeatMetricDrawer metric={edited} onClose={() => setEditing(null)} />}
    </section>
  );
}
