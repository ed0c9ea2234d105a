import { rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

/*
 * Makes dist/chatelaine.js (or in the folder that is named): the bot and the command line as one file that needs no node_modules.
 * dist/package.json says that it is an ES module: without it Node would parse it twice, and keep both.
 */
const outdir = process.argv[2] ?? 'dist';
await rm(outdir, { recursive: true, force: true });
const result = await build({
  entryPoints: ['src/main.ts'],
  outfile: `${outdir}/chatelaine.js`,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  // `yaml` and others are CommonJS inside: they call require.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
await writeFile(`${outdir}/package.json`, '{"name":"chatelaine","type":"module","private":true}\n');
const bytes = Object.values(result.metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
console.log(`${outdir}/chatelaine.js ${(bytes / 1e6).toFixed(1)} MB`);
