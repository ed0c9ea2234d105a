import { describe, expect, test } from 'vitest';
import type { Actor } from '../../src/core/actor.ts';
import { ChatelaineError } from '../../src/core/errors.ts';
import { findSecrets, onePath } from '../../src/core/find-secrets.ts';
import { formatObjectName, Namespace, PropertyName } from '../../src/core/names.ts';
import { permissionsFrom, type Right } from '../../src/core/permissions.ts';
import type { Secrets } from '../../src/core/secrets.ts';
import { externalSecret } from '../support/fake-cluster.ts';
import { admin, grant, mediaPerson, openHouse, stranger } from '../support/house.ts';

const { cluster } = openHouse();

function secretsOf(actor: Actor): Secrets {
  return findSecrets({
    actor,
    cluster,
    mount: 'kv',
    permissions: permissionsFrom([
      grant(0, '@platform-admins', ['read', 'rotate', 'sync', 'policy'], ['*']),
      grant(1, mediaPerson.id, ['read', 'rotate'], ['media'], ['media/**']),
    ]),
  });
}

function faultOf(
  target: string,
  actor = admin,
  right: Right = 'read',
  properties: readonly string[] = [],
): ChatelaineError {
  try {
    const named = properties.map((name) => PropertyName.parse(name));
    onePath(secretsOf(actor).find(target, right, named), 'kv');
  } catch (error) {
    if (error instanceof ChatelaineError) return error;
    throw error;
  }
  throw new Error(`${target} was found`);
}

describe('find', () => {
  test('by namespace and name, with everybody who reads its path', () => {
    const secret = secretsOf(admin).find('media/jellyfin', 'rotate');
    expect(secret.where).toBe('kv/media/jellyfin');
    expect(secret.readers.map(formatObjectName)).toEqual(['home/homarr', 'media/jellyfin']);
  });

  test('by a name alone where it is unique', () => {
    expect(secretsOf(admin).find('jellyfin', 'read').name).toBe('media/jellyfin');
  });

  test('a name alone is unique among what the person may see', () => {
    expect(faultOf('sonarr')).toMatchObject({
      code: 'ambiguous-secret',
      candidates: ['home/sonarr', 'media/sonarr'],
    });
    expect(secretsOf(mediaPerson).find('sonarr', 'read').name).toBe('media/sonarr');
  });

  test('one that reads two paths is ambiguous until a property decides', () => {
    const fault = faultOf('media/gallery');
    expect(fault.code).toBe('ambiguous-secret');
    expect(fault.wrong).toBe('it reads 2 paths: kv/media/gallery (user); kv/shared/smtp (password)');
    const decided = secretsOf(admin).find('media/gallery', 'rotate', [PropertyName.parse('password')]);
    expect(onePath(decided, 'kv')).toBe('shared/smtp');
    expect(faultOf('media/gallery', admin, 'rotate', ['user', 'password']).code).toBe('ambiguous-secret');
  });

  test('readers by search are found, and are no target themselves', () => {
    expect(secretsOf(admin).find('home/paperless', 'read').readers.map(formatObjectName)).toContain(
      'home/search',
    );
    expect(faultOf('home/search').wrong).toBe('it names no path of kv');
  });

  test('the right comes before existence: who has none is told the same of what is there and what is not', () => {
    const there = faultOf('security/dex', mediaPerson);
    const notThere = faultOf('security/nothing', mediaPerson);
    expect(there.code).toBe('not-permitted');
    expect(notThere).toMatchObject({ code: there.code, wrong: there.wrong, next: there.next });
    expect(faultOf('dex', mediaPerson)).toMatchObject({ code: 'no-such-secret' });
    expect(faultOf('dex', mediaPerson).candidates).toBeUndefined();
    expect(faultOf('media/jellyfin', stranger).code).toBe('not-permitted');
  });

  test('a path outside the grant is refused, though the namespace is in it', () => {
    expect(faultOf('media/gallery', mediaPerson)).toMatchObject({
      code: 'not-permitted',
      wrong: 'you may not look at secrets in media at the path shared/smtp',
    });
  });

  test('another right than the one that is had is refused', () => {
    expect(faultOf('media/jellyfin', mediaPerson, 'sync').wrong).toBe('you may not sync in media');
    expect(faultOf('jellyfin', mediaPerson, 'policy').code).toBe('not-permitted');
  });

  test.each([
    ['jelly', 'Did you mean media/jellyfin?'],
    ['home/jellyfin', 'Did you mean media/jellyfin?'],
    ['nothing', 'See what there is with /secret list.'],
  ])('%s is not there: %s', (target, next) => {
    expect(faultOf(target)).toMatchObject({ code: 'no-such-secret', next });
  });

  test('what is like it is told only of what the person may see', () => {
    expect(faultOf('media/dex', mediaPerson).next).toBe('See what there is with /secret list.');
    expect(faultOf('galler', mediaPerson).next).toBe('See what there is with /secret list.');
  });

  test.each([
    '',
    'a/b/c',
    '/',
    'Media/Jellyfin',
    '../etc',
    'a b',
    'kv/../x',
    'media/jellyfin?version=1',
    '-',
    'jellyfin\n',
  ])('%j is not the name of a secret', (target) => {
    expect(faultOf(target)).toMatchObject({
      code: 'bad-argument',
      wrong: 'that is not the name of a secret',
    });
  });
});

describe('all', () => {
  test('gives what the person may read, sorted, of one namespace where it is named', () => {
    const names = (actor: Actor, namespace?: string): readonly string[] =>
      secretsOf(actor)
        .all(namespace === undefined ? undefined : Namespace.parse(namespace))
        .map(formatObjectName);
    expect(names(mediaPerson)).toEqual(['media/jellyfin', 'media/sonarr']);
    expect(names(mediaPerson, 'home')).toEqual([]);
    expect(names(stranger)).toEqual([]);
    expect(names(admin)).toHaveLength(8);
    expect(names(admin, 'home')).toEqual(['home/homarr', 'home/paperless', 'home/search', 'home/sonarr']);
  });

  test('what is listed can be looked at: list and find go by the same rule', () => {
    cluster.add(externalSecret('media/borrowed', ['home/paperless#secret-key']));
    const secrets = findSecrets({
      actor: mediaPerson,
      cluster,
      mount: 'kv',
      permissions: permissionsFrom([
        grant(0, mediaPerson.id, ['read'], ['media'], ['media/**']),
        grant(1, mediaPerson.id, ['read'], ['home'], ['home/**']),
      ]),
    });
    for (const each of secrets.all()) {
      if (each.name !== 'search') expect(() => secrets.find(formatObjectName(each), 'read')).not.toThrow();
    }
    expect(secrets.all().map(formatObjectName)).not.toContain('media/borrowed');
  });
});

test('consumers are the workloads that use the Secrets of the readers', () => {
  const secrets = secretsOf(admin);
  const { readers } = secrets.find('media/jellyfin', 'read');
  expect(
    secrets
      .consumersOf(readers)
      .map(({ workload, reader }) => [formatObjectName(workload), formatObjectName(reader)]),
  ).toEqual([
    ['home/homarr', 'home/homarr'],
    ['media/jellyfin', 'media/jellyfin'],
  ]);
});
