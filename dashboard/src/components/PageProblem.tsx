import { Stack } from "@mantine/core";

import { Problem } from "../api/http";
import { PageHead, type Crumb } from "./PageHead";
import { ProblemAlert } from "./Problem";

type Props = { error: unknown; crumbs?: Crumb[]; onRetry: () => void };

/** In place of a page whose thing cannot be shown. */
export function PageProblem({ error, crumbs, onRetry }: Props) {
  const missing = error instanceof Problem && error.status === 404;
  return (
    <Stack gap="md">
      <PageHead title={missing ? "Not found" : "Cannot be shown"} crumbs={crumbs} />
      <ProblemAlert error={error} onRetry={missing ? undefined : onRetry} />
    </Stack>
  );
}
