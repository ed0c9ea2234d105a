import { byId, h } from './dom.js';
import { mrkdwn, plain } from './mrkdwn.js';

/** Asks whether a person means it. Resolves with whether they do. */
export function confirmed(asked) {
  const dialog = byId('confirm');
  return new Promise((resolve) => {
    const answer = (value) => {
      dialog.close();
      resolve(value);
    };
    dialog.oncancel = () => resolve(false);
    dialog.replaceChildren(
      h('h2', { id: 'confirm-title' }, asked.title.text),
      h('p', {}, ...(asked.text.type === 'mrkdwn' ? mrkdwn(asked.text.text) : plain(asked.text.text))),
      h(
        'footer',
        {},
        h('button', { type: 'button', class: 'slack-button', onclick: () => answer(false) }, asked.deny.text),
        h(
          'button',
          { type: 'button', class: `slack-button ${asked.style ?? 'primary'}`, onclick: () => answer(true) },
          asked.confirm.text,
        ),
      ),
    );
    dialog.showModal();
  });
}
