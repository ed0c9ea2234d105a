export const attestable = ['restore-drill', 'shares', 'age-key', 'root-token', 'audit-device'] as const;
/** Those that the bot has no way to see: a person says so, for a while. */
export type Attestable = (typeof attestable)[number];

interface Described {
  readonly title: string;
  /** What a person says by attesting it. */
  readonly claim: string;
  /** Days that the word of a person holds. */
  readonly days: number;
}

export const described: Readonly<Record<Attestable, Described>> = {
  'restore-drill': {
    title: 'Restore drill',
    claim: 'a snapshot was restored into an empty cluster by docs/runbooks/restore.md, and read there',
    days: 90,
  },
  shares: {
    title: 'Unseal shares',
    claim: 'the share of this person is at hand, outside the cluster',
    days: 90,
  },
  'age-key': {
    title: 'Age key',
    claim: 'its backup lies outside the cluster, and opens a file of the repository',
    days: 90,
  },
  'root-token': { title: 'Root token', claim: 'it was revoked', days: 180 },
  'audit-device': { title: 'Audit device', claim: 'one is on, and its log is kept', days: 180 },
};
