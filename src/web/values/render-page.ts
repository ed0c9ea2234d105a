import type { PropertyName } from '../../core/names.ts';
import type { ValueOutcome } from '../../core/ports/value-requests.ts';
import { html, Markup } from './html.ts';
import type { FoundRequest } from './keep-requests.ts';
import { pageScript } from './page-script.ts';
import { pageStyle } from './page-style.ts';

export interface FormView {
  readonly token: string;
  readonly found: FoundRequest;
  readonly problems: ReadonlyMap<PropertyName, string>;
  readonly now: number;
}

/** The form: what will be written, and a field for each value. Nothing that was typed is ever in it. */
export function renderForm({ token, found, problems, now }: FormView): string {
  const { request, check, expires } = found;
  const { shown, forActor, fields } = request;
  const isFile = shown.into === 'git';
  const minutes = Math.max(1, Math.ceil((Date.parse(expires) - now) / 60_000));
  return shell(
    `Bring ${shown.what}`,
    html`<p class="who">Chatelaine, for @${forActor.name} alone</p>
<h1>Bring ${shown.what}</h1>
<p>Code of this page: <strong class="check">${check}</strong>. The message with the link shows the same; if it doesn’t, close this page.</p>
${problems.size === 0 ? html`` : html`<div class="box wrong" role="alert" tabindex="-1" data-focus><p><strong>Nothing was written, and nothing of what you gave was kept.</strong> Give every value again.</p></div>`}
<dl>
<dt>Written to</dt><dd><code>${shown.where}</code>, ${isFile ? 'encrypted for the cluster' : fields.length === 1 ? 'this property alone' : 'these properties alone'}</dd>
<dt>Asked by</dt><dd>@${forActor.name}, request ${request.requestId}</dd>
${shown.fields.map(
  ({ label, value }) => html`<dt>${label}</dt><dd>${value}</dd>
`,
)}<dt>Good for</dt><dd>${String(minutes)} more min, until ${expires.slice(11, 16)} UTC, and once</dd>
</dl>
${shown.warnings.map(
  (warning) => html`<p class="box warn">${warning}</p>
`,
)}<form method="post" action="/value" enctype="multipart/form-data" autocomplete="off">
<input type="hidden" name="token" value="${token}">
${fields.map((name, index) => renderField(name, index, problems.get(name)))}
<button type="submit">${isFile ? 'Encrypt and propose' : 'Write to Vault'}</button>
<p id="sending" class="hint" role="status" aria-live="polite"></p>
<p class="hint">Nothing is written before you press it. The value goes ${isFile ? 'into the encrypted file' : 'to Vault'} and nowhere else: not to Slack, not into a log.</p>
</form>`,
  );
}

function renderField(name: PropertyName, index: number, problem: string | undefined): Markup {
  const at = String(index);
  const described = problem === undefined ? `hint-${at} note-${at}` : `problem-${at} hint-${at} note-${at}`;
  return html`<fieldset><legend>${name}</legend>
${problem === undefined ? html`` : html`<p class="problem" id="problem-${at}">${name} ${problem}.</p>`}
<label for="line-${at}">Value of ${name}, one line</label>
<div class="row"><input id="line-${at}" name="line-${at}" type="password" autocomplete="off" autocapitalize="off" spellcheck="false" data-line="${at}" aria-describedby="${described}"${problem === undefined ? html`` : html` aria-invalid="true"`}>
<button type="button" hidden data-shows="line-${at}" aria-pressed="false" aria-label="Show the value of ${name}">Show</button></div>
<p class="hint" id="hint-${at}">Written exactly as given: no space is taken away.</p>
<p class="note" id="note-${at}" role="status" aria-live="polite"></p>
<details${problem === undefined ? html`` : html` open`}><summary>Several lines, or a file</summary>
<label for="lines-${at}">Several lines of ${name}</label>
<textarea id="lines-${at}" name="lines-${at}" rows="5" autocomplete="off" autocapitalize="off" spellcheck="false" data-lines="${at}" aria-describedby="clear-${at}"></textarea>
<p class="hint" id="clear-${at}">In clear while you type: mind who sees your screen. Line breaks are written as LF.</p>
<label for="file-${at}">A file with ${name}: its bytes are written as they are</label>
<input id="file-${at}" name="file-${at}" type="file" data-file="${at}">
<fieldset><legend>If that ends with a line break</legend>
<label><input type="radio" name="end-${at}" value="remove"> leave that one out</label>
<label><input type="radio" name="end-${at}" value="keep"> it belongs to the value</label></fieldset>
</details></fieldset>
`;
}

/** What became of it: up to the write, the rest is told by the card. */
export function renderOutcome({ state, title, lines }: ValueOutcome): string {
  const mark = { written: '✓', refused: '✗', unknown: '▲' }[state];
  return renderWords({ title: `${mark} ${title}`, lines, kind: state });
}

/** A page that only says something. */
export function renderWords(words: {
  readonly title: string;
  readonly lines: readonly string[];
  readonly kind: string;
}): string {
  return shell(
    words.title,
    html`<p class="who">Chatelaine</p>
<div class="box ${words.kind}" role="alert" tabindex="-1" data-focus><h1>${words.title}</h1>
${words.lines.map(
  (line) => html`<p>${line}</p>
`,
)}</div>`,
  );
}

function shell(title: string, body: Markup): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><title>${title} · Chatelaine</title>
<style>${new Markup(pageStyle)}</style></head>
<body><main>
${body}
</main><script>${new Markup(pageScript)}</script></body></html>
`.text;
}
