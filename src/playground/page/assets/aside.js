import { byId } from './dom.js';

const toggle = byId('behind-toggle');

/** Shows or hides what is beside the conversation. */
export function showBehind(open) {
  document.body.classList.toggle('behind-closed', !open);
  toggle.setAttribute('aria-expanded', String(open));
}

export function startAside() {
  toggle.addEventListener('click', () => showBehind(document.body.classList.contains('behind-closed')));
  showBehind(window.innerWidth > 1100);
}
