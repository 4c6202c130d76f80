import { Alert } from "@mantine/core";

import { ProblemAlert } from "../../../components/Problem";
import { Unreadable } from "../../../components/csv";

/** Why there is nothing to go on with: the file itself, or the server. */
export function FileProblem({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  if (!(error instanceof Unreadable)) return <ProblemAlert error={error} onRetry={onRetry} />;
  return (
    <Alert
      color="orange"
      variant="outline"
      className="problem"
      role="alert"
      title="This file cannot be imported"
    >
      {error.message}
    </Alert>
  );
}
