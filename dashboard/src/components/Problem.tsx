import { Alert, Button, Group, List, Text } from "@mantine/core";

import { Problem, type FieldProblem } from "../api/http";
import { decimalText } from "./format";

const TITLES: Record<number, string> = {
  0: "No connection",
  400: "That cannot be saved yet",
  401: "Not signed in",
  403: "Not allowed",
  404: "Not found",
  409: "That collides with something",
  429: "Too many requests",
  503: "Busy",
};

/** How many refused fields are named. */
const MOST = 20;

type Props = { error: unknown; except?: (error: FieldProblem) => boolean; onRetry?: () => void };

/** A refusal in plain words, with the request id to quote. Fields shown elsewhere are left out. */
export function ProblemAlert({ error, except, onRetry }: Props) {
  if (!error) return null;
  const problem = error instanceof Problem ? error : new Problem(500, { detail: String(error) });
  const rest = problem.errors.filter((item) => !except?.(item));
  const placed = problem.errors.length - rest.length;
  const said = placed > 0 && rest.length === 0;
  return (
    <Alert
      color="orange"
      variant="outline"
      className="problem"
      role="alert"
      title={TITLES[problem.status] ?? "Something went wrong on the server"}
    >
      <Text size="sm">
        {said ? `Please check the marked ${placed === 1 ? "field" : "fields"}.` : problem.message}
      </Text>
      {rest.length > 0 && (
        <List size="sm" mt={6}>
          {rest.slice(0, MOST).map((item) => (
            <List.Item key={`${item.pointer}${item.code}`}>
              {item.pointer && <code>{item.pointer}</code>} {item.message}
            </List.Item>
          ))}
          {rest.length > MOST && <List.Item>And {decimalText(rest.length - MOST)} more.</List.Item>}
        </List>
      )}
      <Group justify="space-between" mt={6}>
        <Text size="xs" c="dimmed">
          {problem.requestId && <>Request {problem.requestId}</>}
        </Text>
        {onRetry && (
          <Button size="compact-sm" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
      </Group>
    </Alert>
  );
}
