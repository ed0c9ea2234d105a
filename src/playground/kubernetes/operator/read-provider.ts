import { decode } from './decode-value.ts';
import type { ExternalSecretSpec } from './external-secret-spec.ts';
import type { StoreRef } from './find-store.ts';
import { ProviderError } from './provider-error.ts';
import type { Values, VaultReader } from './read-vault.ts';

export type ReaderOf = (ref: StoreRef) => VaultReader;

/**
 * All that an ExternalSecret reads: dataFrom first, then data over it. Throws ProviderError with the message of
 * the Event. What is absent is left out where deletionPolicy isn't Retain, and told to `missing`.
 */
export function readProvider(
  spec: ExternalSecretSpec,
  readerOf: ReaderOf,
  missing: (message: string) => void,
): Values {
  const values = new Map<string, string>();
  const tolerant = spec.target.deletionPolicy !== 'Retain';
  for (const [index, from] of (spec.dataFrom ?? []).entries()) {
    const at = `spec.dataFrom[${index}].${from.find === undefined ? 'extract' : 'find'}`;
    const read = (): Values =>
      readFrom(from, readerOf(from.sourceRef?.storeRef ?? spec.secretStoreRef ?? {}));
    const absent = `secret does not exist at provider using spec.dataFrom[${index}]`;
    const found = attempt(read, `error processing ${at}, err: `, tolerant);
    if (found === undefined) missing(absent);
    for (const [key, value] of found ?? []) values.set(key, value);
  }
  for (const [index, { secretKey, remoteRef, sourceRef }] of (spec.data ?? []).entries()) {
    const read = (): string => {
      const reader = readerOf(sourceRef?.storeRef ?? spec.secretStoreRef ?? {});
      return decode(remoteRef.decodingStrategy, reader.value(remoteRef));
    };
    // External Secrets itself says dataFrom here.
    const absent = `secret does not exist at provider using spec.dataFrom[${index}] (key=${remoteRef.key})`;
    const prefix = `error processing spec.data[${index}] (key: ${remoteRef.key}), err: `;
    const found = attempt(read, prefix, tolerant);
    if (found === undefined) missing(absent);
    else values.set(secretKey, found);
  }
  return values;
}

function attempt<T>(read: () => T, prefix: string, tolerant: boolean): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    if (error.absent && tolerant) return undefined;
    throw new ProviderError(`${prefix}${error.message}`);
  }
}

type From = NonNullable<ExternalSecretSpec['dataFrom']>[number];

function readFrom(from: From, reader: VaultReader): Values {
  const { extract, find, rewrite = [] } = from;
  const found =
    find === undefined ? (extract === undefined ? new Map() : reader.values(extract)) : reader.find(find);
  const strategy = (find ?? extract)?.conversionStrategy ?? 'Default';
  const decoding = (find ?? extract)?.decodingStrategy ?? 'None';
  const renamed = [...(found as Values)].map(([key, value]) => {
    const name = rewrite.length === 0 ? convertKey(strategy, key) : rewriteKey(rewrite, key);
    return [name, decodeOf(key, decoding, value)] as const;
  });
  return new Map(renamed);
}

function rewriteKey(rewrite: NonNullable<From['rewrite']>, key: string): string {
  return rewrite.reduce(
    (name, { regexp }) =>
      regexp === undefined ? name : name.replace(new RegExp(regexp.source, 'g'), regexp.target),
    key,
  );
}

/** Characters that a key of a Secret can't have, replaced. */
function convertKey(strategy: 'Default' | 'Unicode', key: string): string {
  return key.replace(/[^\p{L}\p{N}._-]/gu, (character) => {
    const point = (character.codePointAt(0) ?? 0).toString(16).padStart(4, '0');
    return strategy === 'Default' ? '_' : `_U${point}_`;
  });
}

function decodeOf(key: string, strategy: string, value: string): string {
  try {
    return decode(strategy, value);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    throw new ProviderError(error.message.replace('to data: ', `to data: failure decoding key ${key}: `));
  }
}
