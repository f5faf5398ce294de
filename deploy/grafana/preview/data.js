// What Grafana's server and its data source do: variables, queries, transformations, and how fields
// are shown. Written from Grafana's documentation.

import {
  applyFieldOverrides,
  cacheFieldDisplayNames,
  createTheme,
  FieldType,
  getValueFormats,
  identityOverrideProcessor,
  Registry,
  renderLegendFormat,
  standardFieldConfigEditorRegistry,
  standardTransformers,
  standardTransformersRegistry,
  thresholdsOverrideProcessor,
  toDataFrame,
  transformDataFrame,
  valueMappingsOverrideProcessor,
} from '@grafana/data';
import { firstValueFrom } from 'rxjs';

export const address = new URLSearchParams(location.search);
export const theme = createTheme({ colors: { mode: address.get('theme') ?? 'dark' } });
export const TIME_ZONE = 'browser';
const REGULAR = [{ color: 'green', value: null }, { color: 'red', value: 80 }];
const MOST_POINTS = 800; // of a series, as wide as a large panel

// --- how fields are shown --------------------------------------------------------------------------

const STANDARD = 'unit min max decimals displayName noValue color thresholds mappings links filterable'.split(' ');
const CUSTOM = `drawStyle lineWidth lineStyle lineInterpolation fillOpacity gradientMode showPoints pointSize spanNulls
  stacking thresholdsStyle axisPlacement axisLabel axisColorMode axisSoftMin axisSoftMax scaleDistribution barAlignment
  hideFrom insertNulls width align cellOptions inspect`.split(/\s+/);
const PROCESS = { thresholds: thresholdsOverrideProcessor, mappings: valueMappingsOverrideProcessor };
const option = (path, isCustom) => ({
  id: isCustom ? `custom.${path}` : path,
  path,
  name: path,
  isCustom,
  process: PROCESS[path] ?? identityOverrideProcessor,
  shouldApply: (field) => field.type !== FieldType.time || isCustom || path === 'unit',
  override: () => null,
  editor: () => null,
});
standardFieldConfigEditorRegistry.setInit(() => [
  ...STANDARD.map((path) => option(path, false)),
  ...CUSTOM.map((path) => option(path, true)),
]);
standardTransformersRegistry.setInit(() =>
  [...new Set(Object.values(standardTransformers))].map((transformation) => ({
    id: transformation.id, name: transformation.name, transformation: async () => transformation, editor: () => null,
  }))
);
const units = new Set(getValueFormats().flatMap((group) => group.submenu).map((unit) => unit.value));

// What a plugin adds where a dashboard says nothing.
const DEFAULTS = {
  timeseries: {
    color: { mode: 'palette-classic' },
    custom: {
      drawStyle: 'line', lineInterpolation: 'linear', gradientMode: 'none', axisPlacement: 'auto', pointSize: 5,
      barAlignment: 0, showPoints: 'auto', scaleDistribution: { type: 'linear' }, hideFrom: { viz: false, legend: false, tooltip: false },
      stacking: { mode: 'none', group: 'A' }, thresholdsStyle: { mode: 'off' },
    },
  },
  table: { custom: { align: 'auto', cellOptions: { type: 'auto' }, inspect: false } },
};

function fieldConfigOf(panel) {
  const added = DEFAULTS[panel.type] ?? {};
  const { defaults, overrides } = panel.fieldConfig;
  if (!units.has(defaults.unit)) {
    console.error(`${panel.title}: unit ${defaults.unit}`);
  }
  const thresholds = defaults.thresholds ?? { mode: 'absolute', steps: REGULAR };
  return {
    defaults: {
      color: { mode: 'thresholds' }, mappings: [], ...added, ...defaults,
      custom: { ...added.custom, ...defaults.custom },
      thresholds: { ...thresholds, steps: thresholds.steps.map((one) => ({ ...one, value: one.value ?? -Infinity })) },
    },
    overrides,
  };
}

// --- variables -------------------------------------------------------------------------------------

const FORMATS = {
  percentencode: encodeURIComponent,
  doublequote: (value) => `"${value.replaceAll('"', '\\"')}"`,
};
const inQuotes = (value) => value.replaceAll('\\', '\\\\').replaceAll("'", "\\\\'"); // as the data source does

/** Fills variables in; `scoped` are those of a field or a query, `escape` is for those without a format. */
export function filled(board, text, scoped = {}, escape = (value) => value) {
  const { field, rowIndex } = scoped.__dataContext?.value ?? {};
  const known = { ...board.variables, ...scoped, __value: { raw: field?.values[rowIndex] } };
  return text.replace(/\$(?:(\w+)|\{([\w.]+)(?::(\w+))?\})/g, (whole, plain, braced, format) => {
    const value = (plain ?? braced).split('.').reduce((found, name) => found?.[name], known);
    return value === undefined ? whole : (FORMATS[format] ?? escape)(String(value));
  });
}

const rangeOf = (range) => ({ start: range.from.valueOf() / 1000, end: range.to.valueOf() / 1000 });

async function ask(path, parameters) {
  const told = await (await fetch(`/api/v1/${path}?${new URLSearchParams(parameters)}`)).json();
  if (told.status !== 'success') {
    throw new Error(told.error);
  }
  return told.data;
}

/** The values to choose from, of a query variable. */
export async function valuesOf(variable, range) {
  const { start, end } = rangeOf(range);
  const { query } = variable.query;
  const [, metric, label] = query.match(/^label_values\((.+), (\w+)\)$/) ?? [];
  if (label) {
    return ask(`label/${label}/values`, { 'match[]': metric, start, end });
  }
  const [, expr] = query.match(/^query_result\((.+)\)$/);
  const { result } = await ask('query', { query: expr, time: end });
  const [, pattern] = variable.regex.match(/^\/(.+)\/$/);
  const rows = result.map(({ metric: { __name__: name = '', ...labels }, value }) => {
    const shown = Object.entries(labels).map(([key, one]) => `${key}="${one}"`);
    return `${name}{${shown.join(',')}} ${value[1]} ${value[0] * 1000}`;
  });
  return [...new Set(rows.map((row) => row.match(new RegExp(pattern))?.[1]).filter(Boolean))];
}

// --- queries ---------------------------------------------------------------------------------------

function spelled(seconds) {
  return seconds % 60 ? `${seconds}s` : `${seconds / 60}m`;
}

async function framesOf(board, panel, target, range) {
  if (!target.expr) {
    console.error(`${panel.title} ${target.refId}: nothing is asked`);
  }
  const { start, end } = rangeOf(range);
  const [, least, unit] = panel.interval?.match(/^(\d+)([smh])$/) ?? [, 0, 's'];
  const step = Math.max(window.step, least * { s: 1, m: 60, h: 3600 }[unit], Math.ceil((end - start) / MOST_POINTS / 15) * 15);
  const scoped = {
    __rate_interval: spelled(Math.max(step + window.step, 4 * window.step)),
    __interval: spelled(step),
    __range: spelled(Math.round(end - start)),
  };
  const query = filled(board, target.expr, scoped, inQuotes);
  const { result } = target.instant
    ? await ask('query', { query, time: end })
    : await ask('query_range', { query, start: start - (start % step), end, step });
  return target.format === 'table'
    ? [tableOf(panel, target, result, end)]
    : result.map((series) => frameOf(target, series, { start: start - (start % step), end, step }));
}

function frameOf(target, { metric, value, values }, { start, end, step }) {
  const name = target.legendFormat ? renderLegendFormat(target.legendFormat, metric) : undefined;
  const known = new Map((values ?? [value]).map(([at, one]) => [at, Number(one)]));
  const times = [];
  for (let at = start; !value && at <= end; at += step) {
    times.push(at);
  }
  const shown = value ? [value[0]] : times;
  return toDataFrame({
    refId: target.refId,
    name,
    fields: [
      { name: 'Time', type: FieldType.time, values: shown.map((at) => at * 1000), config: {} },
      {
        name: 'Value', type: FieldType.number, labels: metric, config: { displayNameFromDS: name },
        values: shown.map((at) => known.get(at) ?? null),
      },
    ],
  });
}

function tableOf(panel, target, result, end) {
  const labels = [...new Set(result.flatMap(({ metric }) => Object.keys(metric)))].sort();
  const value = panel.targets.length > 1 ? `Value #${target.refId}` : 'Value';
  return toDataFrame({
    refId: target.refId,
    fields: !result.length ? [] : [
      { name: 'Time', type: FieldType.time, values: result.map(() => end * 1000), config: {} },
      ...labels.map((label) => ({
        name: label, type: FieldType.string, values: result.map(({ metric }) => metric[label] ?? ''), config: {},
      })),
      { name: value, type: FieldType.number, values: result.map((row) => Number(row.value[1])), config: {} },
    ],
  });
}

/** The frames of a panel as its component takes them, and its field config. */
export async function framesOfPanel(board, panel, range) {
  const asked = await Promise.all(panel.targets.map((target) => framesOf(board, panel, target, range)));
  const steps = panel.transformations ?? [];
  for (const { id } of steps.filter((one) => !standardTransformersRegistry.getIfExists(one.id))) {
    console.error(`${panel.title}: transformation ${id}`);
  }
  const full = asked.flat().filter((frame) => frame.fields.length);
  const changed = full.length ? await firstValueFrom(transformDataFrame(steps, full)) : [];
  const fieldConfig = fieldConfigOf(panel);
  const frames = applyFieldOverrides({
    data: changed, fieldConfig, theme, timeZone: TIME_ZONE,
    replaceVariables: (text, scoped) => filled(board, text, scoped),
  });
  cacheFieldDisplayNames(frames);
  return { frames, fieldConfig };
}
