import { ProviderError } from './provider-error.ts';

/** A value by its decodingStrategy. Throws ProviderError for what is not encoded so; Auto takes it as it is then. */
export function decode(strategy: string, value: string): string {
  if (strategy === 'None' || strategy === '') return value;
  const wrong = { Base64: illegalAt(value, /[^A-Za-z0-9+/]/), Base64URL: illegalAt(value, /[^\w-]/) };
  if (strategy === 'Auto') {
    const found = (['Base64', 'Base64URL'] as const).find((each) => wrong[each] === undefined);
    return found === undefined ? value : decode(found, value);
  }
  const at = strategy === 'Base64' ? wrong.Base64 : wrong.Base64URL;
  if (at === undefined) return Buffer.from(value, 'base64').toString('utf8');
  throw new ProviderError(
    `error applying decoding strategy ${strategy} to data: illegal base64 data at input byte ${at}`,
  );
}

/** Where Go's decoder stops: at a character that is none, or in the last group where it is not whole. */
function illegalAt(value: string, illegal: RegExp): number | undefined {
  const text = value.replace(/={1,2}$/, '');
  const bad = text.search(illegal);
  if (bad >= 0) return bad;
  return value.length % 4 === 0 ? undefined : Math.floor(value.length / 4) * 4;
}
