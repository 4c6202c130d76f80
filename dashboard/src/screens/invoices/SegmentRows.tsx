import type { LineItem, Segment } from "../../api/types";
import { Money, Quantity } from "../../components/Figures";
import { decimalText, moneyText } from "../../components/format";
import { rateText } from "./LineFigures";
import { stepText } from "./stepText";

/** What of a line its parts are told from. */
type Priced = Pick<
  LineItem,
  "quantity" | "rateDisplay" | "segments" | "steps" | "settles" | "adjusts" | "seatMetricId"
>;
type Props = {
  line: Priced;
  currency: string;
  indent: number;
  /** The table has a column for the tax. */
  taxed?: boolean;
};

/**
 * The parts that add up to the line before it was rounded, then its discounts; of an adjustment, less
 * what was billed.
 */
export function SegmentRows({ line, currency, indent, taxed }: Props) {
  const { adjusts } = line;
  return (
    <>
      <Segments line={line} currency={currency} indent={indent} taxed={taxed} />
      <Steps line={line} currency={currency} indent={indent} taxed={taxed} />
      {adjusts && (
        <tr className="sub">
          <td style={{ paddingLeft: indent }}>Billed before</td>
          <td className="end">
            <Quantity value={negated(adjusts.billedQuantity)} />
          </td>
          <td className="end wide-only" />
          {taxed && <td className="wide-only" />}
          <td className="end">
            <Money value={negated(adjusts.billedNetTotal)} currency={currency} />
          </td>
        </tr>
      )}
    </>
  );
}

const negated = (value: string) => (value.startsWith("-") ? value.slice(1) : /[1-9]/.test(value) ? `-${value}` : value);

function Segments({ line, currency, indent, taxed }: Props) {
  return line.segments?.map((segment, index) => (
    <tr key={index} className="sub">
      <td style={{ paddingLeft: indent }}>
        {boundsText(segment, line)}
        {segment.fee && segment.fee !== "0" && `, and a fee of ${moneyText(segment.fee, currency)}`}
      </td>
      <td className="end">
        <Quantity value={segment.quantity} />
      </td>
      <td className="end wide-only">{rateText(line, currency, segment.rate)}</td>
      {taxed && <td className="wide-only" />}
      <td className="end">
        <Money value={segment.amount} currency={currency} />
      </td>
    </tr>
  ));
}

function Steps({ line, currency, indent, taxed }: Props) {
  return line.steps?.map((step) => (
    <tr key={step.id} className="sub">
      <td style={{ paddingLeft: indent }}>{stepText(step, line, currency)}</td>
      <td />
      <td className="wide-only" />
      {taxed && <td className="wide-only" />}
      <td className="end">
        <Money value={step.amount} currency={currency} />
      </td>
    </tr>
  ));
}

function boundsText({ from, to, quantity }: Segment, line: Priced): string {
  if (!from && !to && line.seatMetricId) return "All seats";
  if (!from && !to) return quantity === (line.adjusts?.quantity ?? line.quantity) ? "All units" : "Packages";
  if (!to) return `Above ${decimalText(from ?? "0")}`;
  return !from || /^0(\.0+)?$/.test(from)
    ? `Up to ${decimalText(to)}`
    : `Above ${decimalText(from)}, up to ${decimalText(to)}`;
}
