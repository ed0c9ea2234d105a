import { mkdir, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

/*
 * Makes dist/chatelaine.js (or in the folder that is named): the bot and the command line as one file that needs no
 * node_modules. dist/package.json says that it is an ES module: without it Node would parse it twice, and keep both.
 * Names are kept, because the log tells an unknown error by the name of its class.
 */
const outdir = process.argv[2] ?? 'dist';
const result = await build({
  entryPoints: ['src/main.ts'],
  outfile: `${outdir}/chatelaine.js`,
  write: false,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
  // `yaml` and others are CommonJS inside: they call require.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
// A few patterns hold characters that are no ASCII. For them alone V8 would keep all of the text at two bytes a character.
const text = (result.outputFiles[0]?.text ?? '').replace(
  /[\u0080-\uffff]/g,
  (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
);
await mkdir(outdir, { recursive: true });
await writeFile(`${outdir}/chatelaine.js`, text);
await writeFile(`${outdir}/package.json`, '{"name":"chatelaine","type":"module","private":true}\n');
console.log(`${outdir}/chatelaine.js ${(text.length / 1e6).toFixed(1)} MB`);
