import { useComputedColorScheme } from "@mantine/core";
import { BarChart } from "echarts/charts";
import { AriaComponent, GridComponent, TooltipComponent } from "echarts/components";
import { use as register } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect } from "react";

import type { UsageBucket } from "../api/types";
import { CHART_COLOURS } from "./chartColours";
import { decimalText, monthText } from "./format";
import { useChart } from "./useChart";

register([BarChart, GridComponent, TooltipComponent, AriaComponent, SVGRenderer]);

type Props = { buckets: UsageBucket[]; unit?: string; label: string };

/** Usage per month as bars. The picture may round; the table beside it does not. */
export default function UsageChart({ buckets, unit, label }: Props) {
  const { place, chart } = useChart();
  const scheme = useComputedColorScheme("light");

  useEffect(() => {
    const colour = CHART_COLOURS[scheme];
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
  }, [buckets, unit, label, scheme, chart]);

  return <div ref={place} className="chart" />;
}
