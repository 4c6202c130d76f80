import { useComputedColorScheme } from "@mantine/core";
import { BarChart } from "echarts/charts";
import { AriaComponent, GridComponent, TooltipComponent } from "echarts/components";
import { init, use as register, type EChartsType } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";

import type { UsageBucket } from "../api/types";
import { decimalText, monthText } from "./format";

register([BarChart, GridComponent, TooltipComponent, AriaComponent, SVGRenderer]);

const COLOURS = {
  light: { bar: "#21758d", text: "#56616d", line: "#e1e6ea", ground: "#ffffff", strong: "#17212b" },
  dark: { bar: "#3d8da4", text: "#9aa7b2", line: "#27323b", ground: "#1a2229", strong: "#e3e9ee" },
};

type Props = { buckets: UsageBucket[]; unit?: string; label: string };

/** Usage per month as bars. The picture may round; the table beside it does not. */
export default function UsageChart({ buckets, unit, label }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  const scheme = useComputedColorScheme("light");

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

  useEffect(() => {
    const colour = COLOURS[scheme];
    const texts = buckets.map(({ value }) => `${decimalText(value)}${unit ? ` ${unit}` : ""}`);
    const axis = { axisLabel: { color: colour.text, fontSize: 11 } };
    chart.current?.setOption(
      {
        aria: { enabled: true, label: { description: label } },
        animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
        grid: { left: 8, right: 8, top: 12, bottom: 4, containLabel: true },
        tooltip: {
          trigger: "axis",
          axisPointer: { type: "shadow", shadowStyle: { opacity: 0.08 } },
          backgroundColor: colour.ground,
          borderColor: colour.line,
          textStyle: { color: colour.strong, fontSize: 12 },
          renderMode: "richText",
          formatter: (items: { dataIndex: number; name: string }[]) => {
            const at = items[0]?.dataIndex ?? 0;
            return `${items[0]?.name ?? ""}\n${texts[at] ?? ""}`;
          },
        },
        xAxis: {
          type: "category",
          data: buckets.map(({ periodStart }) => monthText(periodStart)),
          axisLine: { lineStyle: { color: colour.line } },
          axisTick: { show: false },
          ...axis,
        },
        yAxis: { type: "value", splitLine: { lineStyle: { color: colour.line } }, ...axis },
        series: [
          {
            type: "bar",
            data: buckets.map(({ value }) => Number(value)),
            itemStyle: { color: colour.bar, borderRadius: [2, 2, 0, 0] },
            barMaxWidth: 36,
          },
        ],
      },
      true,
    );
  }, [buckets, unit, label, scheme]);

  return <div ref={place} className="chart" />;
}
