import { setImmediate } from 'node:timers/promises';
import type { Answer, Sent, Transport } from '../../src/git/transport.ts';

interface Waiting {
  readonly request: Sent;
  readonly answered: PromiseWithResolvers<Answer>;
}

/**
 * A transport on which requests travel in rounds: all that wait go together, and are answered together. How many rounds
 * there were is how often somebody waited for the host, whatever the machine takes for each.
 */
export function sendInRounds(transport: Transport): {
  readonly transport: Transport;
  /** What each round carried. */
  readonly rounds: (readonly Sent[])[];
} {
  const waiting: Waiting[] = [];
  const rounds: Sent[][] = [];
  let isRunning = false;

  async function run(): Promise<void> {
    isRunning = true;
    // What else is asked for in this moment goes along.
    for (await setImmediate(); waiting.length > 0; await setImmediate()) {
      const round = waiting.splice(0);
      rounds.push(round.map(({ request }) => request));
      const outcomes = await Promise.allSettled(round.map(({ request }) => transport.send(request)));
      outcomes.forEach((outcome, index) => {
        const answered = round[index]?.answered;
        if (outcome.status === 'fulfilled') answered?.resolve(outcome.value);
        else answered?.reject(outcome.reason);
      });
    }
    isRunning = false;
  }

  return {
    transport: {
      send(request) {
        const answered = Promise.withResolvers<Answer>();
        waiting.push({ request, answered });
        if (!isRunning) void run();
        return answered.promise;
      },
      close: () => transport.close(),
    },
    rounds,
  };
}
