import type { ValueOutcome } from '../../core/ports/value-requests.ts';

const askAgain = 'Ask for a new link with the same command.';
const nothing = 'Nothing was written, and nothing of what you gave was kept.';

/** What the one-time page says when there is no form to show. */
export const words = {
  usedUp: `The link is used up. ${askAgain}`,
  unsure: (requestId: string): ValueOutcome => ({
    state: 'unknown',
    title: 'Whether it was written is not known',
    lines: [
      `That is a fault of Chatelaine itself; the log has more by the request id ${requestId}.`,
      'Look at /secret status before you give the value again.',
    ],
  }),
  pages: {
    nothing: {
      title: 'There is nothing here',
      lines: ['One-time pages are reached by the link that Chatelaine gives.'],
    },
    unknown: {
      title: 'This link is not known',
      lines: ['It may have been cut on its way, or is long over. Nothing was written.', askAgain],
    },
    used: {
      title: 'This link was used already',
      lines: [
        'A link works once. If you used it, the card where you asked tells what became of it.',
        'If it was not you, somebody else had the link: rotate what it was for, or set it again.',
      ],
    },
    over: {
      title: 'This link is over',
      lines: ['It worked for ten minutes. Nothing was written with it.', askAgain],
    },
    many: {
      title: 'Too many links that are not known',
      lines: ['Try yours again in a minute. Nothing was written.'],
    },
    elsewhere: {
      title: 'This form was not sent by our page',
      lines: [nothing, 'Open the link itself, and send the form from there.'],
    },
    broken: {
      title: 'This form could not be read',
      lines: [nothing, 'Open the link again, and give it once more.'],
    },
    large: {
      title: 'That is too much',
      lines: [nothing, 'A value has 256 KiB at most, and all together 1 MiB.'],
    },
    busy: {
      title: 'Too many forms are coming in',
      lines: [nothing, 'Try it again in a minute: the link still works.'],
    },
    away: {
      title: 'This can’t be looked up now',
      lines: [
        'The API server, where requests are kept, does not answer this replica.',
        nothing,
        'Try it again in a minute.',
      ],
    },
    unspent: {
      title: 'The link could not be used up',
      lines: [
        'The API server, where requests are kept, does not answer.',
        nothing,
        `Try it again in a minute. If the link is said to be used then, that was this try: ${askAgain}`,
      ],
    },
    failed: {
      title: 'A fault of Chatelaine itself',
      lines: ['What was given is kept nowhere. Look at /secret status before you give it again.'],
    },
  },
} as const;
