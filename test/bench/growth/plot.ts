// A curve as a picture that a page can show: SVG, by echarts without a browser. Both axes are logarithmic, so that what
// grows in proportion is a line at 45 degrees and what does not grow is level.

import * as echarts from 'echarts';
import type { Curve } from './curves.ts';

const WIDTH = 720;
const HEIGHT = 380;
const COLOURS = ['#1b6ca8', '#c2571a', '#3b7d3a', '#7a4fa3'];

/** @returns an SVG document, the same for the same curve. */
export function plot({ title, x, y, series }: Curve): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  const axis = { type: 'log' as const, nameLocation: 'middle' as const, minorSplitLine: { show: false } };
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    color: COLOURS,
    title: { text: title, left: 'center', textStyle: { fontSize: 16 } },
    legend: { bottom: 0, itemGap: 28 },
    grid: { left: 76, right: 24, top: 48, bottom: 84 },
    xAxis: { ...axis, name: x, nameGap: 28, ...around(series.flatMap(({ points }) => points.map(([at]) => at))) },
    yAxis: {
      ...axis,
      name: y,
      nameGap: 52,
      ...around(series.flatMap(({ points }) => points.map(([, value]) => value))),
    },
    series: series.map(({ name, points }) => ({
      name,
      type: 'line',
      symbolSize: 7,
      data: points.map((each) => [...each]),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}

/** From a power of ten below to one above. */
function around(values: readonly number[]): { readonly min: number; readonly max: number } {
  const power = (value: number, round: (exponent: number) => number) => 10 ** round(Math.log10(value));
  return { min: power(Math.min(...values), Math.floor), max: power(Math.max(...values), Math.ceil) };
}
