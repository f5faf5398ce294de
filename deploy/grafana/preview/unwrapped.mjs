// Packages that are CommonJS with a `default`, imported by an `.mjs`: esbuild gives the whole
// module, as Node does; webpack, which Grafana is built with, gives its `default`.

import { readFile } from 'node:fs/promises';

export const unwrapped = {
  name: 'unwrapped',
  setup({ onLoad }) {
    onLoad({ filter: /@grafana[/\\].*\.mjs$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const imported = /^import (\w+)((?:, \{[^}]*\})?) from '((?!\.)[^']+)';$/gm;
      const contents = text.replace(imported, (_, name, rest, from) =>
        `import $${name}${rest} from '${from}'; const ${name} = $${name}?.default ?? $${name};`);
      return { contents, loader: 'js' };
    });
  },
};
