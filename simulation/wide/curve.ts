import type { WideReport } from './report.ts';

const [WIDTH, HEIGHT] = [720, 360];
const MARGIN = { left: 64, right: 110, top: 28, bottom: 48 };
const QUANTILES = ['p50', 'p95', 'p99'] as const;
const COLOURS = { p50: '#2b6cb0', p95: '#b7791f', p99: '#c53030' } as const;

/** The curve of finality over validators as an SVG document: the same reports give the same text. */
export function finalityCurve(reports: readonly WideReport[]): string {
  const sorted = reports.toSorted((a, b) => a.request.validators - b.request.validators);
  const most = Math.max(1, ...sorted.map(({ request }) => request.validators));
  const slowest = Math.max(1, ...sorted.map(({ finalityMs }) => finalityMs.p99));
  const step = niceStep(slowest / 5);
  const top = Math.ceil(slowest / step) * step;
  const x = (validators: number): string =>
    (MARGIN.left + (validators / most) * (WIDTH - MARGIN.left - MARGIN.right)).toFixed(1);
  const y = (ms: number): string =>
    (HEIGHT - MARGIN.bottom - (ms / top) * (HEIGHT - MARGIN.top - MARGIN.bottom)).toFixed(1);
  const lines: string[] = [];
  for (let ms = 0; ms <= top; ms += step) {
    lines.push(
      `<line x1="${MARGIN.left}" y1="${y(ms)}" x2="${x(most)}" y2="${y(ms)}" stroke="#d0d0d0"/>`,
      text(MARGIN.left - 8, y(ms), `${ms} ms`, 'end'),
    );
  }
  for (const { request } of sorted) {
    lines.push(
      text(x(request.validators), HEIGHT - MARGIN.bottom + 20, String(request.validators), 'middle'),
    );
  }
  for (const quantile of QUANTILES) {
    const colour = COLOURS[quantile];
    const points = sorted.map(({ request, finalityMs }) => ({
      x: x(request.validators),
      y: y(finalityMs[quantile]),
    }));
    const path = points.map((point) => `${point.x},${point.y}`).join(' ');
    lines.push(`<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    for (const point of points)
      lines.push(`<circle cx="${point.x}" cy="${point.y}" r="3" fill="${colour}"/>`);
  }
  for (const [index, quantile] of QUANTILES.entries()) {
    lines.push(text(WIDTH - 90, MARGIN.top + 18 * (2 - index), quantile, 'start', COLOURS[quantile]));
  }
  lines.push(text(MARGIN.left, 16, 'Finality over validators in five regions', 'start'));
  lines.push(text(x(most / 2), HEIGHT - 8, 'validators', 'middle'));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    ...lines,
    '</svg>',
    '',
  ].join('\n');
}

function text(
  x: number | string,
  y: number | string,
  content: string,
  anchor: string,
  colour = '#333',
): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="${colour}">${content}</text>`;
}

/** The next of 1, 2 and 5 times a power of ten. */
function niceStep(atLeast: number): number {
  const power = 10 ** Math.floor(Math.log10(atLeast));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= atLeast) ?? 10 * power;
}
