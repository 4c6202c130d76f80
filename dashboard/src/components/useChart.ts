import { init, type EChartsType } from "echarts/core";
import { useEffect, useRef } from "react";

/** A place for a chart, and the chart in it, which keeps to the size of the place. */
export function useChart() {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  useEffect(() => {
    if (!place.current) return;
    const made = init(place.current, undefined, { renderer: "svg" });
    chart.current = made;
    const watcher = new ResizeObserver(() => made.resize());
    watcher.observe(place.current);
    return () => {
      watcher.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);
  return { place, chart };
}
