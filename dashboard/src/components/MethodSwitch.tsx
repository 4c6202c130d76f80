import { SegmentedControl } from "@mantine/core";

import { METHODS, methodOf } from "../api/shares";
import type { Method } from "../api/types";

type Props = { method: Method; onChange: (method: Method) => void };

/** By which method shares are shown. */
export function MethodSwitch({ method, onChange }: Props) {
  return (
    <SegmentedControl
      aria-label="Share by"
      size="xs"
      value={method}
      onChange={(value) => onChange(methodOf(value))}
      data={METHODS}
    />
  );
}
