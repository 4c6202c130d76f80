import { Title } from "@mantine/core";

import type { SeatsOfDays } from "../../api/types";
import { DataTable, type Column } from "../../components/DataTable";
import { decimalText, nextDay, periodText } from "../../components/format";

const COLUMNS: Column<SeatsOfDays>[] = [
  { title: "Days", cell: ({ start, days }) => periodText(start, nextDay(start, days - 1)) },
  { title: "Number", cell: ({ days }) => decimalText(days), end: true },
  { title: "Seats", cell: ({ seats }) => decimalText(seats), end: true },
  { title: "Charged", cell: ({ charged }) => decimalText(charged), end: true },
];

/** How many seats there were from day to day, and how many the line charges for. */
export function SeatDays({ stretches }: { stretches: SeatsOfDays[] }) {
  return (
    <section aria-label="Seats by days">
      <Title order={3} size="sm" mb="xs">
        Seats by days
      </Title>
      <DataTable label="Seats by days" columns={COLUMNS} rows={stretches} rowKey={({ start }) => start} />
    </section>
  );
}
