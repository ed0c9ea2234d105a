import type { PropertyName } from '../../core/names.ts';
import type { SecretValues } from '../../core/ports/vault.ts';
import { holdsAgeIdentity, isShare } from '../../core/refuse-share.ts';
import { SecretValue } from '../../core/secret-value.ts';

/*
 * The edge where a value comes in: bytes of a form become SecretValues here, and are opened nowhere on this side.
 * What is said about them holds nothing of them.
 */

/** The most that one value may have, in bytes. */
export const mostValue = 256 * 1024;

/** A form as it was sent: nothing of it is checked but that it is one. */
export interface Form {
  readonly token: string;
  readonly data: FormData;
}

/** Reads the body of the form. Nothing where it is none. Never throws: a parser's words could quote the body. */
export async function readForm(body: Buffer, contentType: string): Promise<Form | undefined> {
  try {
    if (!/^multipart\/form-data;/i.test(contentType)) return undefined;
    const bytes = new Uint8Array(body);
    const data = await new Response(bytes, { headers: { 'content-type': contentType } }).formData();
    const token = data.get('token');
    return typeof token === 'string' ? { token, data } : undefined;
  } catch {
    return undefined;
  }
}

/** Either every value that was asked for, or what is wrong, by property. */
export type Brought =
  | { readonly state: 'good'; readonly values: SecretValues }
  | { readonly state: 'wrong'; readonly problems: ReadonlyMap<PropertyName, string> };

/** Takes the values of these fields out of a form, exactly as they were given. */
export async function readValues({ data }: Form, fields: readonly PropertyName[]): Promise<Brought> {
  const values = new Map<PropertyName, SecretValue>();
  const problems = new Map<PropertyName, string>();
  for (const [index, name] of fields.entries()) {
    const given = await givenFor(data, index);
    const problem = 'problem' in given ? given.problem : problemOf(given.text);
    if (problem !== undefined || 'problem' in given) problems.set(name, problem ?? '');
    else values.set(name, new SecretValue(given.text));
  }
  return problems.size === 0 ? { state: 'good', values } : { state: 'wrong', problems };
}

type Given = { readonly text: string } | { readonly problem: string };

/** One field of the page has three ways in: one line, several lines, a file. One of them has to be used. */
async function givenFor(data: FormData, index: number): Promise<Given> {
  const line = textOf(data.get(`line-${index}`));
  // A form sends line breaks as CRLF, whatever was pasted: in the browser's own field they were LF.
  const lines = textOf(data.get(`lines-${index}`)).replaceAll('\r\n', '\n');
  const file = data.get(`file-${index}`);
  const chosen = file instanceof File && (file.name !== '' || file.size > 0) ? file : undefined;
  const ways = [line !== '', lines !== '', chosen !== undefined].filter(Boolean).length;
  if (ways === 0) return { problem: 'is empty' };
  if (ways > 1) return { problem: 'was given in more than one way: use one of them' };
  if (line !== '') return { text: line };
  const text = chosen === undefined ? lines : await textOfFile(chosen);
  if (text === undefined)
    return { problem: 'is a file that is no UTF-8 text: give it in base64, if its reader decodes that' };
  return withLastBreak(text, textOf(data.get(`end-${index}`)));
}

function textOf(entry: ReturnType<FormData['get']>): string {
  return typeof entry === 'string' ? entry : '';
}

/** The bytes of a file as they are: a byte order mark is kept. */
async function textOfFile(file: File): Promise<string | undefined> {
  if (file.size > mostValue) return 'x'.repeat(mostValue + 1);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await file.arrayBuffer());
  } catch {
    return undefined;
  }
}

/** Editors end a file with a line break that is rarely meant; so it is never kept or taken away unasked. */
function withLastBreak(text: string, end: string): Given {
  if (!text.endsWith('\n') || end === 'keep') return { text };
  if (end === 'remove') return { text: text.replace(/\r?\n$/, '') };
  return { problem: 'ends with a line break: say below whether it belongs to the value, and give it again' };
}

function problemOf(text: string): string | undefined {
  if (text === '') return 'is empty';
  if (Buffer.byteLength(text) > mostValue) return `is longer than ${mostValue / 1024} KiB`;
  if (isShare(text)) return looksLike('an unseal share', 'have new shares made');
  if (holdsAgeIdentity(text)) return looksLike('the private key of an age recipient', 'make a new key');
  return undefined;
}

function looksLike(what: string, remedy: string): string {
  return `looks like ${what}, which Chatelaine never takes. It was not kept, logged or written, and did not pass Slack; but it left your machine for this server: treat it as exposed if others can listen on that way, and then ${remedy}`;
}
