/**
 * Makes an element. Text is always text: nothing that a message says is ever read as markup.
 * @param {string} tag `button.primary#send` is not supported on purpose: classes go into `class`.
 * @param {Record<string, unknown>} [attributes] `on…` are listeners; undefined and false are left out.
 * @param {...(Node | string | undefined | false)} children
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else element.setAttribute(name, String(value));
  }
  element.append(
    ...children.flat().filter((child) => child !== undefined && child !== false && child !== ''),
  );
  return element;
}

/** The element with this id, which index.html has. */
export function byId(id) {
  return document.getElementById(id);
}

/** `14:02` as the reader's clock shows it. */
export function clockTime(date) {
  return date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}
