/** again: it was taken before. unreadable: signed well, and nothing that can be read. */
export type Receipt = 'taken' | 'again' | 'refused' | 'unreadable';

/** Takes what a Git host delivers by itself. Such a delivery is only ever a reason to look at the host. */
export interface WebhookReceiver {
  /** `headers` by lower-case name; `body` the very bytes that were sent. Never throws. */
  receive(headers: Readonly<Record<string, string | undefined>>, body: Uint8Array): Receipt;
}
