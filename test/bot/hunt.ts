/** Something that must be nowhere but in a few named places. */
export interface Quarry {
  readonly name: string;
  readonly value: string;
  /** Where it belongs. */
  readonly mayBeAt?: (place: Place) => boolean;
  /** Looked for as a whole; otherwise its first sixteen characters are enough, since a card may cut it. */
  readonly whole?: boolean;
}

/** A text that left the process or was kept by somebody. */
export interface Place {
  /** `slack body POST /api/chat.postMessage`, `log`, `Lease chatelaine/op-1`. */
  readonly at: string;
  readonly text: string;
}

export interface Found {
  readonly name: string;
  readonly form: string;
  readonly at: string;
}

/** As much as is looked for: enough to be no accident, and short enough to be found where it was cut. */
const enough = 16;

/** What a value looks like in every encoding that is used anywhere near, by the encoding's name. */
export function formsOf({ value, whole = false }: Quarry): ReadonlyMap<string, string> {
  const text = whole ? value : value.slice(0, enough);
  const bytes = Buffer.from(text, 'utf8');
  const json = JSON.stringify(text).slice(1, -1);
  const hex = bytes.toString('hex');
  const forms: [string, string][] = [
    ['raw', text],
    ['JSON', json],
    ['JSON twice', JSON.stringify(json).slice(1, -1)],
    ['hex', hex],
    ['HEX', hex.toUpperCase()],
    ['URL', encodeURIComponent(text)],
    ['form', new URLSearchParams({ v: text }).toString().slice(2)],
    ['percent', hex.replace(/../g, (pair) => `%${pair}`)],
    ['Go JSON', json.replaceAll('&', '\\u0026').replaceAll('<', '\\u003c').replaceAll('>', '\\u003e')],
    ['entities', text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')],
    ...[0, 1, 2].flatMap((shift): [string, string][] => [
      [`base64 +${shift}`, base64At(bytes, shift)],
      [`base64url +${shift}`, base64At(bytes, shift).replaceAll('+', '-').replaceAll('/', '_')],
    ]),
  ];
  return new Map(forms);
}

/** The characters of base64 that depend on these bytes alone, where they begin so many bytes after a multiple of three. */
function base64At(bytes: Buffer, shift: number): string {
  const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
  return encoded.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
}

/** Every place where one of them is found and should not be. */
export function hunt(quarries: readonly Quarry[], places: readonly Place[]): readonly Found[] {
  return quarries.flatMap((quarry) => {
    const away = places.filter((place) => quarry.mayBeAt?.(place) !== true);
    return [...formsOf(quarry)].flatMap(([form, needle]) =>
      away
        .filter(({ text }) => text.includes(needle))
        .map(({ at }): Found => ({ name: quarry.name, form, at })),
    );
  });
}
