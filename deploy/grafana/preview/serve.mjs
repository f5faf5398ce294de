// Serves the preview: the page, built at each start, the dashboards as they are mounted, icons and
// fonts of Grafana's packages, and Prometheus's API from the same origin.
//
//   node serve.mjs [--prometheus http://127.0.0.1:9090] [--port 9700] [--step 15]

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join, normalize } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { unwrapped } from './unwrapped.mjs';

const here = import.meta.dirname;
const { values: options } = parseArgs({
  options: {
    prometheus: { type: 'string', default: 'http://127.0.0.1:9090' },
    port: { type: 'string', default: '9700' },
    step: { type: 'string', default: '15' }, // seconds between two scrapes, as the data source's timeInterval
  },
});

const built = await build({
  entryPoints: [join(here, 'page.jsx')],
  bundle: true,
  write: false,
  outdir: '/',
  format: 'esm',
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
  loader: { '.ttf': 'empty', '.svg': 'dataurl', '.png': 'dataurl' },
  plugins: [unwrapped],
  logLevel: 'error',
});
const made = Object.fromEntries(built.outputFiles.map((file) => [file.path.split('/').pop(), file.contents]));

const page = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>Dashboards</title>
<link rel="stylesheet" href="/page.css"><div id="page"></div>
<script>window.__grafana_public_path__ = '/public/'; window.step = ${Number(options.step)};</script>
<script type="module" src="/page.js"></script>`;
const FONTS = {
  'Inter-Regular.woff2': 'inter-latin-400-normal.woff2',
  'Inter-Medium.woff2': 'inter-latin-500-normal.woff2',
};
const types = { js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml', json: 'application/json' };

async function answer(request) {
  const { pathname, search } = new URL(request.url, 'http://localhost');
  if (pathname.startsWith('/api/')) {
    const told = await fetch(options.prometheus + pathname + search);
    return [told.status, 'json', Buffer.from(await told.arrayBuffer())];
  }
  const name = normalize(pathname).slice(1);
  const type = name.split('.').pop();
  if (name in made) {
    return [200, type, made[name]];
  }
  if (name.startsWith('dashboards/')) {
    return [200, type, await readFile(join(here, '..', name))];
  }
  const [, kind, rest] = name.match(/^public\/(build|fonts\/inter)\/(.+)$/) ?? [];
  if (kind) {
    const path = kind === 'build' ? `@grafana/ui/dist/public/${rest}` : `@fontsource/inter/files/${FONTS[rest]}`;
    return [200, type, await readFile(join(here, 'node_modules', path))];
  }
  return name === '' || name.startsWith('d/') ? [200, 'html', page] : [404, 'txt', ''];
}

createServer(async (request, response) => {
  const [status, type, body] = await answer(request).catch((error) => [502, 'txt', String(error)]);
  response.writeHead(status, { 'Content-Type': types[type] ?? `text/${type}; charset=utf-8` });
  response.end(body);
}).listen(Number(options.port), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${options.port}/d/copydesk-overview`);
});
