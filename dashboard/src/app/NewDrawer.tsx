import { useSearchParams } from "react-router";

import { CustomerDrawer } from "../screens/customers/CustomerDrawer";
import { PriceDrawer } from "../screens/products/PriceDrawer";
import { ProductDrawer } from "../screens/products/ProductDrawer";
import { SeatEventDrawer } from "../screens/seats/SeatEventDrawer";
import { SeatMetricDrawer } from "../screens/seats/SeatMetricDrawer";
import { EventDrawer } from "../screens/usage/EventDrawer";
import { MetricDrawer } from "../screens/usage/MetricDrawer";

/** The drawer that `?new=` names; other parameters of the address prefill it. */
export default function NewDrawer({ kind }: { kind: string }) {
  const [params, setParams] = useSearchParams();
  const close = () =>
    setParams((old) => {
      const next = new URLSearchParams(old);
      for (const name of ["new", "forParent", "forProduct"]) next.delete(name);
      return next;
    });
  switch (kind) {
    case "customer":
      return <CustomerDrawer parentId={params.get("forParent")} onClose={close} />;
    case "product":
      return <ProductDrawer onClose={close} />;
    case "price":
      return <PriceDrawer productId={params.get("forProduct")} onClose={close} />;
    case "metric":
      return <MetricDrawer onClose={close} />;
    case "event":
      return <EventDrawer onClose={close} />;
    case "seat-metric":
      return <SeatMetricDrawer onClose={close} />;
    case "seat-event":
      return <SeatEventDrawer onClose={close} />;
    default:
      return null;
  }
}
