import { Alert, Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { movePreview } from "../../api/families";
import type { MovePreview } from "../../api/types";
import { PayerChanges } from "../../components/BillChanges";
import { ProblemAlert } from "../../components/Problem";

type Props = { customerId: string; parentId: string | null; effectiveFrom: string };

/** Whose bills a move would change, and by how much, before it is made. */
export function MoveBills({ customerId, parentId, effectiveFrom }: Props) {
  const { data, error } = useQuery(movePreview(customerId, parentId, effectiveFrom));
  return (
    <section aria-label="Effect on bills" aria-live="polite">
      <Text fw={600} size="sm" mb={4}>
        Effect on bills
      </Text>
      {error ? <ProblemAlert error={error} /> : data ? <Bills told={data} /> : <Sketch />}
    </section>
  );
}

const Sketch = () => (
  <>
    <Text size="sm" c="dimmed" mb={6}>
      Working out what it does to bills…
    </Text>
    <Skeleton height={48} />
  </>
);

/** Of somebody who stands at the top and is to stay there: the form before anything is chosen. */
const NOTHING_TO_MOVE = "nothing_to_move";

function Bills({ told }: { told: MovePreview }) {
  if (told.refusal?.code === NOTHING_TO_MOVE) {
    return (
      <Text size="sm" c="dimmed">
        The customer stands at the top. Choose a parent to see what the move does to bills.
      </Text>
    );
  }
  return (
    <>
      {told.refusal && (
        <Alert color="orange" variant="outline" className="problem" mb="xs" title="Not possible">
          {told.refusal.detail}
        </Alert>
      )}
      {told.payers.length > 0 ? (
        <PayerChanges payers={told.payers} />
      ) : (
        !told.refusal && (
          <Text size="sm" c="dimmed">
            No bill changes by the usage there is so far.
          </Text>
        )
      )}
    </>
  );
}
