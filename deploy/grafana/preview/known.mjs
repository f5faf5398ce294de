// Writes ../known.json: what a test holds the dashboards to where there is no Node. Grafana's types of
// a dashboard and of each kind of panel as a JSON schema, its units, and its transformations.
//
//   node known.mjs

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { createGenerator } from 'ts-json-schema-generator';
import packages from './package.json' with { type: 'json' };
import { unwrapped } from './unwrapped.mjs';

const here = import.meta.dirname;
const schema = createGenerator({
  path: join(here, 'board.ts'), tsconfig: join(here, 'tsconfig.json'), type: 'Board', expose: 'export', skipTypeCheck: true,
}).createSchema('Board');

const { outputFiles: [{ text }] } = await build({
  stdin: {
    contents: `import { getValueFormats, standardTransformers } from '@grafana/data';
      export const units = getValueFormats().flatMap(({ submenu }) => submenu).map(({ value }) => value);
      export const transformations = Object.values(standardTransformers).map(({ id }) => id);`,
    resolveDir: here,
  },
  bundle: true,
  write: false,
  platform: 'node',
  format: 'esm',
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire('/'); globalThis.navigator ??= { languages: ['en'] };" },
  plugins: [unwrapped],
  logLevel: 'error',
});
const { units, transformations } = await import(`data:text/javascript;base64,${Buffer.from(text).toString('base64')}`);

const sorted = (names) => [...new Set(names)].sort();
const known = {
  '//': `Written by preview/known.mjs from Grafana ${packages.dependencies['@grafana/schema']} (Apache-2.0).`,
  units: sorted(units), transformations: sorted(transformations), schema,
};
const shown = JSON.stringify(known, (key, value) => (key === 'description' && typeof value === 'string' ? undefined : value), 1);
await writeFile(join(here, '..', 'known.json'), `${shown}\n`);
