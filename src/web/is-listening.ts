import { connect } from 'node:net';

/** Milliseconds for a connection within one machine. */
const within = 2_000;

/** Whether something listens on a port of this machine. Nothing is sent. */
export function isListening(port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, signal, timeout: within });
    const end = (listens: boolean): void => {
      socket.destroy();
      resolve(listens);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}
