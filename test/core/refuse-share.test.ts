import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commands } from '../../commands/index.ts';
import { plainText } from '../../src/core/card.ts';
import { fieldsOf } from '../../src/core/form.ts';
import { bech32 } from '../../src/core/key-pair/bech32.ts';
import {
  ageKeyRefusal,
  looksLikeShare,
  refusalFor,
  refusalOf,
  shareRefusal,
} from '../../src/core/refuse-share.ts';
import { openHouse } from '../support/house.ts';

/** Random as a share is: fast-check likes runs of equal bytes, which no Shamir share has. */
const random = fc
  .tuple(fc.constantFrom(32, 33), fc.integer({ min: 1, max: 2 ** 31 }))
  .map(([length, seed]) => {
    let state = seed;
    return Buffer.from(
      Array.from({ length }, () => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        return (state >>> 16) & 0xff;
      }),
    );
  });
const hex = fc
  .tuple(random, fc.constantFrom('', '-', ':', ' '), fc.constantFrom(2, 4, 8, 16, 22, 33))
  .map(([each, by, size]) => (each.toString('hex').match(new RegExp(`.{1,${size}}`, 'g')) ?? []).join(by));
const base64 = fc
  .tuple(random, fc.constantFrom('base64', 'base64url'))
  .map(([each, how]) => each.toString(how === 'base64' ? 'base64' : 'base64url'));
const grouped = random.map((each) => (each.toString('base64').match(/.{1,11}/g) ?? []).join(' '));
const share = fc.oneof(
  base64,
  hex,
  hex.map((each) => each.toUpperCase()),
  grouped,
);
const near = [
  ['', ''],
  ['"', '"'],
  ['my share is ', ' ok?'],
  ['--reason=', ''],
  ['“', '”'],
] as const;
const glued = [
  ['vault-1:', ''],
  ['key/', '/x'],
  ['https://vault.example.com/v1/sys/unseal?key=', ''],
] as const;
const inText = share.chain((text) =>
  fc
    .constantFrom(...near, ...(text.includes(' ') ? [] : glued))
    .map(([before, after]) => before + text + after),
);

describe('what looks like a share', () => {
  test('is known in every form, whatever stands around it', () => {
    fc.assert(
      fc.property(inText, (text) => {
        expect(looksLikeShare(text)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('is known in any field of any form', () => {
    const fields = commands.flatMap(fieldsOf).map(({ key }) => key);
    fc.assert(
      fc.property(share, fc.constantFrom(...fields), fc.boolean(), (text, key, many) => {
        const given = { target: 'media/jellyfin', [key]: many ? ['one', text] : text };
        expect(refusalOf(given)).toEqual(shareRefusal());
      }),
    );
  });

  test('is refused as any word of any command, and never shown', () => {
    const house = openHouse();
    fc.assert(
      fc.property(share, fc.constantFrom(...commands), fc.nat(4), (text, command, at) => {
        const words = command.name.split(' ');
        words.splice(at, 0, ...text.split(' '));
        const reading = house.dispatcher.read(words, { id: 'U0ADMIN', name: 'robin', surface: 'slack' });
        expect(reading).toEqual({ kind: 'answer', card: shareRefusal() });
        const fields = house.dispatcher.readFields(
          command,
          { reason: text },
          { id: 'U0ADMIN', name: 'robin', surface: 'slack' },
        );
        expect(fields).toEqual(reading);
        expect(JSON.stringify([reading, fields, house.log])).not.toContain(text);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    'media/jellyfin',
    'observability/kube-prometheus-stack-grafana-admin-credentials',
    'kubernetes/apps/observability/very-long-name-of-some-application-2024-11-24',
    'database.connection-string.primary.eu-west-1.production.example.internal',
    'someVeryLongCamelCasePropertyNameForTheThing',
    'POSTGRES_SUPERUSER_PASSWORD_FOR_THE_BACKUP_JOB_OF_PAPERLESS',
    'PrimaryDatabaseConnectionStringForTheBackupJob',
    '3f2b1c4d-9a51-4c1e-8f5a-0d7e6b1c2a39 3f2b1c4d-9a51-4c1e-8f5a-0d7e6b1c2a40',
    'merged 8d3c9f0a1b2c3d4e5f60718293a4b5c6d7e8f901 and 0a1b2c3d4e5f60718293a4b5c6d7e8f9018d3c9f',
    'short ones 8d3c9f0 1a2b3c4 5d6e7f8 9a0b1c2 3d4e5f6 7a8b9c0 1d2e3f4 5a6b7c8 9d0e1f2 3a4b5c6',
    'image sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'see https://docs.google.com/document/d/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms/edit',
    'see https://github.com/MyOrg/Home-Ops/blob/main/kubernetes/apps/media/jellyfin/app/externalsecret.yaml',
    'v8',
    'v1.31.4+k3s1',
    '--length=64',
    'C0PLATFORM U024BE7LH',
    'The Key Was Shown On A Screen At The Meetup In May, So Rotate It Before The Next One Please',
    'Ada asked for it because the old one was in a backup that left the house on Tuesday 24 November 2026',
    '-'.repeat(80),
    '0'.repeat(50),
    'a'.repeat(300),
    '/'.repeat(100),
  ])('and %s does not', (text) => {
    expect(looksLikeShare(text)).toBe(false);
  });

  test('names that Kubernetes can have never do, unless they are hex', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,61}[g-z]$/);
    fc.assert(
      fc.property(name, name, (namespace, each) => {
        fc.pre(!/[0-9a-f-]{64}/.test(`${namespace}/${each}`));
        expect(looksLikeShare(`${namespace}/${each}`)).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  test('and whoever typed one is told to treat it as exposed', () => {
    const { title, lines = [] } = shareRefusal();
    expect([title, ...lines].map(plainText).join('\n')).toContain('Treat it as exposed');
  });
});

describe('the private half of an age key', () => {
  /** As age-keygen prints it; the newer kind has more bytes. */
  const identity = fc
    .tuple(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.constantFrom('age-secret-key-', 'age-secret-key-pq-'),
    )
    .map(([bytes, prefix]) => bech32(prefix, bytes).toUpperCase());
  const disguised = fc
    .tuple(
      identity,
      fc.constantFrom('plain', 'small', 'dashes', 'groups', 'unseen', 'lines'),
      fc.integer({ min: 3, max: 20 }),
    )
    .map(([text, how, size]) => {
      const groups = text.match(new RegExp(`.{1,${size}}`, 'g')) ?? [];
      return {
        plain: text,
        small: text.toLowerCase(),
        dashes: text.replaceAll('-', '\u2011'),
        groups: groups.join(' '),
        unseen: groups.join('\u200b'),
        lines: groups.join('\n'),
      }[how];
    });
  const around = fc
    .tuple(disguised, fc.constantFrom(...near, ['# public key: age1xyz\n', '\n'], ['key=', '']))
    .map(([text, [before, after]]) => before + text + after);

  test('is known in every form, whatever stands around it', () => {
    fc.assert(
      fc.property(around, (text) => {
        expect(refusalFor(text)).toEqual(ageKeyRefusal());
      }),
      { numRuns: 2_000 },
    );
  });

  test('is refused as any word of any command and in any field, and never shown', () => {
    const house = openHouse();
    const fields = commands.flatMap(fieldsOf).map(({ key }) => key);
    const actor = { id: 'U0ADMIN', name: 'robin', surface: 'slack' } as const;
    fc.assert(
      fc.property(
        disguised,
        fc.constantFrom(...commands),
        fc.constantFrom(...fields),
        fc.nat(4),
        (text, command, key, at) => {
          const words = command.name.split(' ');
          words.splice(at, 0, ...text.split(/\s/));
          const reading = house.dispatcher.read(words, actor);
          expect(reading).toEqual({ kind: 'answer', card: ageKeyRefusal() });
          expect(house.dispatcher.readFields(command, { [key]: text }, actor)).toEqual(reading);
          expect(JSON.stringify([reading, house.log])).not.toContain(text.slice(-20));
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each([
    'AGE-SECRET-KEY-1 is what it begins with',
    'new media/jellyseerr sops --category bootstrap --kind age',
    'sops.agekey of flux-system/sops-age',
    'age1sx496naeqajucccymcx4c74qlusd9ufywj09rqkesx5rzq89fyvsv7rwgg',
  ])('is not in %s', (text) => {
    expect(refusalFor(text)).toBeUndefined();
  });

  test('is told of calmly: what it opens, and what to do', () => {
    const { title, lines = [] } = ageKeyRefusal();
    expect(plainText(title)).toContain('nothing of it was read, kept or logged');
    expect(lines.map(plainText).join(' ')).toMatch(/Treat it as exposed.*sops updatekeys/);
  });
});
