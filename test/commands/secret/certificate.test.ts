import { describe, expect, test } from 'vitest';
import { certificate } from '../../support/fake-certificates.ts';
import { admin, mediaPerson, openHouse, shownText, stranger, syncPerson } from '../../support/house.ts';
import { wordsOf } from '../../support/read-card.ts';

const issuer = {
  kind: 'ClusterIssuer',
  group: 'cert-manager.io',
  name: 'letsencrypt',
  type: 'acme',
  ready: { status: 'True', reason: 'ACMEAccountRegistered', message: '' },
} as const;

function house() {
  const opened = openHouse();
  opened.certificates.known.push(issuer);
  return opened;
}

describe('the status of a certificate', () => {
  test.each(['media/web', 'media/web-tls', 'web-tls', 'web'])('is found by %s', async (target) => {
    const card = await house().ask(`secret status ${target}`);
    expect(card.title).toMatch(/^Certificate media\/web is Ready as revision 3, valid for/);
  });

  test('shows issuer, names, Secret and times', async () => {
    const text = shownText(await house().ask('secret status media/web-tls'));
    expect(text).toMatch(/Issuer +ClusterIssuer letsencrypt \(acme\), Ready/);
    expect(text).toMatch(/Names +web.example.org/);
    expect(text).toMatch(/Secret +media\/web-tls/);
    expect(text).toMatch(/Expires +\d{4}-/);
    expect(text).toContain('Renew: /secret rotate media/web');
  });

  test('says what cert-manager and its request say of one that fails', async () => {
    const { certificates, ask } = house();
    const ready = { status: 'False', reason: 'DoesNotExist', message: 'no Secret' } as const;
    certificates.add(certificate('media/web', { ready }));
    certificates.says = 'the order was refused';
    const card = await ask('secret status media/web');
    expect(card.state).toBe('warning');
    expect(wordsOf(card)).toContain('Its request says “the order was refused”');
  });

  test('is no secret’s where a secret has the name', async () => {
    const { certificates, ask } = house();
    certificates.add(certificate('media/jellyfin'));
    expect((await ask('secret status media/jellyfin')).title).not.toContain('Certificate');
  });

  test('is hidden from who may see nothing in its namespace', async () => {
    const { ask } = house();
    expect((await ask('secret status network/wildcard', mediaPerson)).title).not.toContain('Certificate');
    expect((await ask('secret status media/web', stranger)).state).toBe('failure');
  });
});

describe('rotating a certificate', () => {
  test('renews it, and the next revision proves it', async () => {
    const opened = house();
    const card = await opened.ask('secret rotate media/web --reason planned');
    expect(card.state).toBe('success');
    expect(card.title).toMatch(/^Certificate media\/web is renewed as revision 4/);
    expect(opened.certificates.renewed).toEqual(['media/web']);
  });

  test('tells what the issuer refused, and that the old one goes on', async () => {
    const { certificates, ask } = house();
    certificates.outcomes.set('media/web', { state: 'failed', reason: 'Failed', message: 'no order' });
    certificates.says = 'rate limited';
    const card = await ask('secret rotate web');
    expect(card.state).toBe('failure');
    expect(wordsOf(card)).toContain('Its request says “rate limited”.');
    expect(wordsOf(card)).toContain('is still there, and goes on until it expires');
  });

  test('is refused where the issuer can not issue, or it is being issued', async () => {
    const { certificates, ask } = openHouse();
    expect((await ask('secret rotate media/web')).title).toContain('is not there');
    certificates.known.push({ ...issuer, ready: { status: 'False', reason: 'Down', message: '' } });
    expect((await ask('secret rotate media/web')).title).toContain('is not Ready (Down)');
    certificates.add(certificate('media/web', { issuing: { now: true, reason: '', message: 'soon' } }));
    expect((await ask('secret rotate media/web')).title).toContain('cert-manager is issuing it already');
    expect(certificates.renewed).toEqual([]);
  });

  test('is refused a moment after it was issued', async () => {
    const opened = openHouse({ settings: { pauseSeconds: 600 } });
    opened.certificates.known.push(issuer);
    opened.certificates.add(certificate('media/web', { notBefore: new Date().toISOString() }));
    expect((await opened.ask('secret rotate media/web')).title).toContain('the pause between two is 10 min');
  });

  test('takes no recipe', async () => {
    expect((await house().ask('secret rotate media/web --length 20')).title).toContain(
      'has no length to choose',
    );
  });

  test('takes the right to rotate', async () => {
    const { ask, certificates } = house();
    expect((await ask('secret rotate media/web', syncPerson)).state).toBe('failure');
    expect(certificates.renewed).toEqual([]);
    expect((await ask('secret rotate media/web', admin)).state).toBe('success');
  });
});
