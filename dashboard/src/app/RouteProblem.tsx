import { Button } from "@mantine/core";
import { Link, useRouteError } from "react-router";

import { Empty } from "../components/Empty";

/** An address that leads nowhere, or a screen that failed to draw. */
export function RouteProblem() {
  const error = useRouteError();
  return error ? (
    <Empty
      page
      title="This screen failed to load"
      action={<Button onClick={() => window.location.reload()}>Load it again</Button>}
    >
      Nothing was changed. If it happens again, tell your administrator what you did just before.
    </Empty>
  ) : (
    <Empty
      page
      title="There is nothing at this address"
      action={
        <Button component={Link} to="/customers">
          Go to customers
        </Button>
      }
    >
      It may have been mistyped, or the thing it led to was deleted.
    </Empty>
  );
}
