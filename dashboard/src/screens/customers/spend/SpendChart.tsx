import { useComputedColorScheme } from "@mantine/core";
import { TreemapChart } from "echarts/charts";
import { AriaComponent, TooltipComponent } from "echarts/components";
import { use as register } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect } from "react";

import type { SpendBranch } from "../../../api/types";
import {
  ASIDE_COLOURS,
  BRANCH_COLOURS,
  CHART_COLOURS,
  darker,
} from "../../../components/chartColours";
import { moneyText } from "../../../components/format";
import { useChart } from "../../../components/useChart";
import { partsWithin, tiles, type Tile } from "./tiles";

register([TreemapChart, TooltipComponent, AriaComponent, SVGRenderer]);

type Props = {
  branch: SpendBranch;
  currency: string;
  label: string;
  /** Go down to a customer: the ids that lead there from the branch. */
  onOpen: (way: string[]) => void;
};

type Node = {
  name: string;
  value: number;
  amount: string;
  way?: string[];
  children?: Node[];
  itemStyle: { color: string; borderColor?: string; borderWidth: number };
  label: { color: string };
};

type Scheme = "light" | "dark";

/** How long the side of a square tile is, in pixels, that has room for a name, and for its amount. */
const NAME_ROOM = 46;
const AMOUNT_ROOM = 84;

/** A branch as a map of its parts. The picture may round; the table beside it does not. */
export default function SpendChart({ branch, currency, label, onOpen }: Props) {
  const { place, chart } = useChart();
  const scheme = useComputedColorScheme("light");

  useEffect(() => {
    const colour = CHART_COLOURS[scheme];
    const drawn = nodes(branch, currency, scheme);
    const whole = drawn.reduce((sum, { value }) => sum + value, 0);
    const area = (place.current?.clientWidth ?? 0) * (place.current?.clientHeight ?? 0);
    const text = ({ data }: { data: Node }) => {
      const side = Math.sqrt((data.value / whole) * area);
      if (side < NAME_ROOM) return "";
      return side < AMOUNT_ROOM ? data.name : `${data.name}\n{amount|${data.amount}}`;
    };
    chart.current?.setOption(
      {
        aria: { enabled: true, label: { description: label } },
        animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
        textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
        tooltip: {
          backgroundColor: colour.ground,
          borderColor: colour.line,
          textStyle: { color: colour.strong, fontSize: 12 },
          renderMode: "richText",
          formatter: ({ data }: { data: Node }) => (data.name ? `${data.name}\n${data.amount}` : ""),
        },
        series: [
          {
            type: "treemap",
            data: drawn,
            left: 0,
            top: 0,
            right: 0,
            bottom: 0,
            sort: false, // as the table has it: what is left comes last, however large
            roam: false,
            nodeClick: false,
            breadcrumb: { show: false },
            label: {
              position: "insideTopLeft",
              padding: [4, 5],
              fontSize: 11,
              lineHeight: 15,
              overflow: "truncate",
              formatter: text,
              rich: { amount: { fontSize: 11, lineHeight: 15 } },
            },
            upperLabel: {
              show: true,
              height: 24,
              color: "#fff",
              fontSize: 12,
              padding: [0, 6],
              overflow: "truncate",
              formatter: ({ data }: { data: Node }) => `${data.name} · ${data.amount}`,
            },
            itemStyle: { borderColor: colour.ground, borderWidth: 1, gapWidth: 1 },
            levels: [
              { itemStyle: { borderWidth: 0, gapWidth: 3 }, upperLabel: { show: false } },
              { itemStyle: { gapWidth: 2 } },
            ],
          },
        ],
      },
      true,
    );
  }, [branch, currency, label, scheme, place, chart]);

  useEffect(() => {
    const drawn = chart.current;
    const open = ({ data }: { data?: unknown }) => {
      const way = (data as Node | undefined)?.way;
      if (way) onOpen(way);
    };
    drawn?.on("click", open);
    return () => {
      drawn?.off("click", open);
    };
  }, [chart, onOpen]);

  return <div ref={place} className="spend-chart" />;
}

/** The parts of a branch with the parts of each child; what takes money back has no area. */
function nodes(branch: SpendBranch, currency: string, scheme: Scheme): Node[] {
  let families = 0;
  return tiles(branch).flatMap((tile) => {
    // A colour tells branches apart; children without children share one.
    const isFamily = tile.branch && tile.branch.children.length > 0;
    const colour = BRANCH_COLOURS[isFamily ? families++ % BRANCH_COLOURS.length : 0]!;
    const below = tile.branch ? partsWithin(tile.branch) : [];
    const children = below.flatMap((part) => node(part, currency, colour, scheme, [tile.key]));
    const framed = { color: colour, borderColor: darker(colour), borderWidth: 2 };
    return node(tile, currency, colour, scheme, []).map((made) =>
      children.length > 0 ? { ...made, children, itemStyle: framed } : made,
    );
  });
}

function node(
  tile: Tile,
  currency: string,
  colour: string,
  scheme: Scheme,
  above: string[],
): Node[] {
  const value = Number(tile.amounts.netTotal);
  if (value <= 0) return [];
  const aside = ASIDE_COLOURS[scheme];
  const own = tile.kind === "child" ? { tile: colour, text: "#ffffff" } : aside;
  return [
    {
      name: tile.name,
      value,
      amount: `${moneyText(tile.amounts.netTotal, currency)} ${currency}`,
      way: tile.branch && [...above, tile.branch.customerId],
      itemStyle: { color: own.tile, borderWidth: 0 },
      label: { color: own.text },
    },
  ];
}
