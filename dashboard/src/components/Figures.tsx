import { Text, VisuallyHidden } from "@mantine/core";

import type { Decimal } from "../api/types";
import { dayText, decimalText, moneyText, momentText } from "./format";

/** An amount with its currency beside it. */
export function Money({ value, currency }: { value: Decimal; currency: string }) {
  return (
    <span className="money">
      {moneyText(value, currency)}
      <span className="unit"> {currency}</span>
    </span>
  );
}

export function Quantity({ value, unit }: { value: Decimal; unit?: string }) {
  return (
    <span className="quantity">
      {decimalText(value)}
      {unit && <span className="unit"> {unit}</span>}
    </span>
  );
}

export function Day({ value }: { value?: string | null }) {
  return value ? <time dateTime={value}>{dayText(value)}</time> : <Missing />;
}

export function Moment({ value }: { value?: string | null }) {
  return value ? <time dateTime={value}>{momentText(value)}</time> : <Missing />;
}

/** An instant in a column whose heading names the zone. */
export function MomentUtc({ value }: { value: string }) {
  return <time dateTime={value}>{momentText(value).replace(" UTC", "")}</time>;
}

/** Something that is not there, said to screen readers too. */
export function Missing({ children = "none" }: { children?: string }) {
  return (
    <Text span c="dimmed" size="sm">
      <span aria-hidden>–</span>
      <VisuallyHidden>{children}</VisuallyHidden>
    </Text>
  );
}
