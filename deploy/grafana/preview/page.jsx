// The dashboards drawn by Grafana's own components, without its server.

import { dateTime, EventBusSrv, getFieldDisplayValues, getDisplayValueAlignmentFactors, renderMarkdown, ThemeContext } from '@grafana/data';
import {
  BarGauge, BigValue, GlobalStyles, PanelChrome, PanelContextProvider, TimeSeries, TooltipDisplayMode, VizRepeater,
} from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { address, filled, framesOfPanel, theme, TIME_ZONE, valuesOf } from './data.js';

const CELL = 30, GAP = 8, COLUMNS = 24, EDGE = 16; // pixels, as Grafana's grid has them
const HOURS = Number(address.get('hours') ?? 6);
const end = address.get('to') ? dateTime(Number(address.get('to'))) : dateTime();
const range = { from: dateTime(end.valueOf() - HOURS * 3_600_000), to: end };
range.raw = { from: range.from, to: range.to };
const { colors, spacing, shape } = theme;
const muted = { color: colors.text.secondary };
const context = { eventsScope: 'preview', eventBus: new EventBusSrv(), sync: () => 1, canAddAnnotations: () => false };
const EVERY = Math.ceil(HOURS / 6) * 3_600_000, first = Math.ceil(range.from / EVERY) * EVERY;
const ticks = Array.from({ length: 6 }, (_, place) => first + place * EVERY).filter((ms) => ms < range.to);
window.waiting = 0;

const Nothing = ({ panel }) => (
  <div style={{ ...muted, height: '100%', display: 'grid', placeItems: 'center' }}>
    {panel.fieldConfig.defaults.noValue ?? 'No data'}
  </div>
);

function Graph({ panel, frames, width, height }) {
  return (
    <TimeSeries
      frames={frames} timeRange={range} timeZone={TIME_ZONE} width={width} height={height}
      legend={panel.options.legend} options={{}}
    />
  );
}

const displays = (panel, { frames, fieldConfig }, sparkline = false) =>
  getFieldDisplayValues({
    data: frames, fieldConfig, reduceOptions: panel.options.reduceOptions, theme, sparkline, timeZone: TIME_ZONE,
    replaceVariables: (text) => text,
  });

function Stat({ panel, width, height, ...known }) {
  const { graphMode, colorMode, textMode } = panel.options;
  return (
    <VizRepeater
      getValues={() => displays(panel, known, graphMode !== 'none')} source={known} renderCounter={0}
      getAlignmentFactors={getDisplayValueAlignmentFactors} width={width} height={height} orientation="auto" autoGrid
      renderValue={({ value, alignmentFactors, width, height, count }) => (
        <BigValue
          value={value.display} sparkline={value.sparkline} count={count} width={width} height={height} theme={theme}
          alignmentFactors={alignmentFactors} {...{ graphMode, colorMode, textMode }}
        />
      )}
    />
  );
}

function Bars({ panel, width, height, ...known }) {
  const { orientation, displayMode, valueMode, namePlacement, text, minVizHeight, maxVizHeight } = panel.options;
  return (
    <VizRepeater
      getValues={() => displays(panel, known)} source={known} renderCounter={0}
      getAlignmentFactors={getDisplayValueAlignmentFactors} width={width} height={height} orientation={orientation}
      minVizHeight={minVizHeight} maxVizHeight={maxVizHeight} itemSpacing={8}
      renderValue={({ value, alignmentFactors, width, height }) => (
        <BarGauge
          value={value.display} field={value.field} display={value.view?.getFieldDisplayProcessor(value.colIndex ?? 0)}
          alignmentFactors={alignmentFactors} width={width} height={height} theme={theme} orientation={orientation}
          displayMode={displayMode} valueDisplayMode={valueMode} showUnfilled namePlacement={namePlacement} text={text} itemSpacing={8}
        />
      )}
    />
  );
}

const Table = ({ panel, frames, width, height }) => (
  <TableNG data={frames[0]} width={width} height={height} cellHeight={panel.options.cellHeight} sortBy={panel.options.sortBy} />
);

// Grafana's packages have no component for it.
function Timeline({ panel, frames, width, height }) {
  const left = Math.min(240, Math.max(...frames.map((frame) => frame.fields[1].state.displayName.length)) * 7 + 12);
  const row = (height - 24) / frames.length, at = (ms) => ((ms - range.from) / (range.to - range.from)) * (width - left);
  return (
    <svg width={width} height={height} style={{ fontSize: 12, fill: colors.text.primary }}>
      {frames.map(({ fields: [time, value] }, place) => {
        const shown = value.values.map((one) => (one === null ? null : value.display(one)));
        const runs = [];
        shown.forEach((one, i) => {
          if (one && one.text !== shown[i - 1]?.text) runs.push({ ...one, from: time.values[i] });
          if (one) runs.at(-1).to = time.values[i + 1] ?? time.values[i];
        });
        return (
          <g key={place} transform={`translate(0 ${place * row})`}>
            <text x={left - 8} y={row / 2 + 4} textAnchor="end">{value.state.displayName}</text>
            {runs.map((run) => (
              <g key={run.from} transform={`translate(${left + at(run.from)} 0)`}>
                <rect y={row * 0.1} height={row * 0.8} width={Math.max(1, at(run.to) - at(run.from))} fill={run.color} fillOpacity={0.8} />
                {panel.options.showValue !== 'never' && at(run.to) - at(run.from) > run.text.length * 7 && <text x={6} y={row / 2 + 4} fill={theme.colors.getContrastText(run.color)}>{run.text}</text>}
              </g>
            ))}
          </g>
        );
      })}
      {ticks.map((ms) => (
        <text key={ms} x={left + at(ms)} y={height - 4} textAnchor="middle">{dateTime(ms).format('HH:mm')}</text>
      ))}
    </svg>
  );
}

const KINDS = { timeseries: Graph, stat: Stat, bargauge: Bars, table: Table, 'state-timeline': Timeline };

function Content({ board, panel, width, height }) {
  const [known, setKnown] = useState();
  useEffect(() => {
    window.waiting += 1;
    framesOfPanel(board, panel, range)
      .then(setKnown, (error) => { console.error(`${panel.title}: ${error.message}`); setKnown({ frames: [], error }); })
      .finally(() => { window.waiting -= 1; });
  }, [board]);
  if (!known) {
    return null;
  }
  const Kind = KINDS[panel.type];
  const isEmpty = !known.frames.length && panel.type !== 'stat';
  return isEmpty ? <Nothing panel={panel} /> : <Kind panel={panel} width={width} height={height} {...known} />;
}

const Note = ({ board, panel }) => (
  <div className="markdown-html" dangerouslySetInnerHTML={{ __html: renderMarkdown(filled(board, panel.options.content)) }} />
);

function Panel({ board, panel, cell }) {
  const { x, y, w, h } = panel.gridPos;
  const width = w * cell - GAP, height = h * (CELL + GAP) - GAP;
  return (
    <div style={{ position: 'absolute', left: x * cell, top: y * (CELL + GAP) }}>
      <PanelChrome title={filled(board, panel.title)} description={panel.description} width={width} height={height}>
        {(innerWidth, innerHeight) =>
          panel.type === 'text' ? <Note {...{ board, panel }} /> : <Content {...{ board, panel }} width={innerWidth} height={innerHeight} />}
      </PanelChrome>
    </div>
  );
}

function Heading({ board }) {
  const box = { border: `1px solid ${colors.border.medium}`, borderRadius: shape.radius.default, padding: '5px 8px', background: colors.background.canvas, whiteSpace: 'nowrap' };
  const hidden = (variable) => variable.hide === 2 || variable.name === 'datasource';
  return (
    <div style={{ display: 'flex', gap: GAP, alignItems: 'center', height: 48 }}>
      {board.templating.list.filter((one) => !hidden(one)).map((one) => (
        <label key={one.name} style={{ display: 'flex' }}>
          <span style={{ ...box, background: colors.background.secondary }}>{one.label}</span>
          {one.choices ? (
            <select style={{ ...box, color: 'inherit', height: 32, width: 240 }} defaultValue={board.variables[one.name]} onChange={(event) => {
              address.set(`var-${one.name}`, event.target.value);
              location.search = address;
            }}>{one.choices.map((choice) => <option key={choice}>{choice}</option>)}</select>
          ) : <span style={box}>{board.variables[one.name]}</span>}
        </label>
      ))}
      <span style={{ flex: 1 }} />
      {'overview source copies operations'.split(' ').map((name) => (
        <a key={name} style={box} href={`/d/copydesk-${name}${location.search}`}>{name}</a>
      ))}
      <span style={{ ...box, ...muted }}>Last {HOURS} hours</span>
    </div>
  );
}

function Board({ board }) {
  const width = document.documentElement.clientWidth - 2 * EDGE;
  const height = Math.max(...board.panels.map(({ gridPos: { y, h } }) => y + h)) * (CELL + GAP);
  return (
    <main style={{ margin: `0 ${EDGE}px` }}>
      <div style={{ height: 40, display: 'flex', alignItems: 'center', ...muted }}>Home › Dashboards › {board.title}</div>
      <Heading board={board} />
      <div style={{ position: 'relative', height }}>
        {board.panels.map((panel) => <Panel key={panel.id} board={board} panel={panel} cell={(width + GAP) / COLUMNS} />)}
      </div>
    </main>
  );
}

async function load() {
  const name = location.pathname.replace(/^\/d\/copydesk-|^\/$/, '') || 'overview';
  const board = await (await fetch(`/dashboards/${name}.json`)).json();
  board.variables = { __url_time_range: `from=${range.from.valueOf()}&to=${range.to.valueOf()}` };
  for (const variable of board.templating.list) {
    variable.choices = variable.type === 'query' ? await valuesOf(variable, range) : undefined;
    board.variables[variable.name] = address.get(`var-${variable.name}`) ?? variable.current?.value ?? variable.choices?.[0] ?? '';
  }
  return board;
}

function Page() {
  const [board, setBoard] = useState();
  useEffect(() => { load().then(setBoard); }, []);
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles hackNoBackdropBlur isExtensionSidebarOpen={false} />
      <PanelContextProvider value={context}>{board && <Board board={board} />}</PanelContextProvider>
    </ThemeContext.Provider>
  );
}

document.body.style.background = colors.background.canvas;
createRoot(document.getElementById('page')).render(<Page />);
