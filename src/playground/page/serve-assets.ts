import { readdir, readFile } from 'node:fs/promises';
import type { Reply } from '../http-stand-in.ts';

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Nothing from elsewhere, no inline script or style, no frame around it. */
const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

/** The page's files, read once; `token` goes into index.html, for the requests that change something. */
export async function readAssets(token: string): Promise<(path: string) => Reply> {
  const folder = new URL('assets/', import.meta.url);
  const files = new Map<string, Reply>();
  for (const name of await readdir(folder)) {
    const text = await readFile(new URL(name, folder), 'utf8');
    const type = types[name.split('.').at(-1) ?? ''];
    if (type === undefined) continue;
    const body = name === 'index.html' ? text.replace('{{token}}', token) : text;
    const reply: Reply = { status: 200, body, headers: { ...securityHeaders, 'content-type': type } };
    files.set(name === 'index.html' ? '/' : `/${name}`, reply);
  }
  return (path) =>
    files.get(path) ?? {
      status: 404,
      body: 'not found',
      headers: { ...securityHeaders, 'content-type': 'text/plain' },
    };
}
