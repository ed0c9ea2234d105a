const token = document.querySelector('meta[name=playground-token]').content;

/** What does not change while the page is open. */
export async function readWorld() {
  const response = await fetch('world');
  return response.json();
}

/**
 * Does something as a person. Resolves with what they see of it, or throws with the problem's words.
 * @param {'say' | 'press' | 'suggest' | 'submit' | 'close' | 'switch' | 'run' | 'pull'} act
 */
export async function perform(act, fields) {
  const response = await fetch(`do/${act}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-playground-token': token },
    body: JSON.stringify(fields),
  });
  const answer = await response.json();
  if (!answer.ok) throw new Error(answer.problem);
  return answer.seen;
}

/** Hears everything that changes for a person. Returns a function that ends it. */
export function follow(user, listeners) {
  const source = new EventSource(`events?user=${encodeURIComponent(user)}`);
  for (const [event, listener] of Object.entries(listeners)) {
    if (event === 'lost' || event === 'open') continue;
    source.addEventListener(event, (message) => listener(JSON.parse(message.data)));
  }
  source.addEventListener('open', () => listeners.open());
  source.addEventListener('error', () => listeners.lost());
  return () => source.close();
}
