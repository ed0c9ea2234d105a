/**
 * What the page does more where scripts run: shows what was typed when asked to, and says what a field would do
 * silently. Nothing is sent or kept by it, and the form works without.
 */
export const pageScript = `
'use strict';
for (const button of document.querySelectorAll('button[data-shows]')) {
  const input = document.getElementById(button.dataset.shows);
  button.hidden = false;
  button.addEventListener('click', () => {
    const show = input.type === 'password';
    input.type = show ? 'text' : 'password';
    button.textContent = show ? 'Hide' : 'Show';
    button.setAttribute('aria-pressed', String(show));
  });
}
const notes = new Map();
function note(field, text) {
  const place = document.getElementById('note-' + field);
  if (place.textContent !== text) place.textContent = text;
}
for (const input of document.querySelectorAll('input[data-line]')) {
  const field = input.dataset.line;
  input.addEventListener('paste', (event) => {
    const text = event.clipboardData ? event.clipboardData.getData('text') : '';
    notes.set(field, /[\\r\\n]/.test(text) ? 'The line breaks of what was pasted are not in this field. If they belong to the value, use several lines below.' : '');
  });
  input.addEventListener('input', () => {
    const spaces = /^\\s|\\s$/.test(input.value) ? ' It begins or ends with a space, which is written too.' : '';
    if (input.value === '') notes.delete(field);
    note(field, ((notes.get(field) || '') + spaces).trim());
  });
}
function tellBreak(field, ends) {
  note(field, ends ? 'It ends with a line break: say below whether that belongs to the value.' : '');
}
for (const area of document.querySelectorAll('textarea[data-lines]')) {
  area.addEventListener('input', () => tellBreak(area.dataset.lines, area.value.endsWith('\\n')));
}
for (const file of document.querySelectorAll('input[data-file]')) {
  file.addEventListener('change', async () => {
    const chosen = file.files[0];
    if (!chosen) return tellBreak(file.dataset.file, false);
    const end = new Uint8Array(await chosen.slice(-1).arrayBuffer());
    tellBreak(file.dataset.file, end[0] === 10);
  });
}
const form = document.querySelector('form');
if (form) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = 'yes';
    document.getElementById('sending').textContent = 'Writing…';
  });
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) location.reload();
  });
}
const wrong = document.querySelector('[data-focus]');
if (wrong) wrong.focus();
`;
