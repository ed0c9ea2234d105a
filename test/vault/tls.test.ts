import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { makeCertificate } from './make-certificate.ts';
import { call, jellyfin } from './names.ts';
import { faultOf, openWorld, type World } from './world.ts';

const { cert, key } = makeCertificate('vault.security.svc');
let folder: string;
let caFile: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chatelaine-tls-'));
  caFile = join(folder, 'ca.crt');
  await writeFile(caFile, cert);
});
afterAll(() => rm(folder, { recursive: true }));

/** TLS in front of the stand-in, as Vault has it by itself. */
let front: Server | undefined;
let address: string;
let handshakes = 0;
let world: World | undefined;
beforeEach(async () => {
  handshakes = 0;
  const server = createServer({ cert, key }, (request, response) => {
    void forward(request).then(({ status, text }) => response.writeHead(status).end(text));
  });
  front = server;
  server.on('secureConnection', () => {
    handshakes += 1;
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await world?.close();
  front?.closeAllConnections();
  front?.close();
});

async function forward(
  request: IncomingMessage,
): Promise<{ readonly status: number; readonly text: string }> {
  const { method = 'GET', url = '', headers } = request;
  const body = await text(request);
  const answer = await fetch(`${world?.standIn.url ?? ''}${url}`, {
    method,
    headers: { 'x-vault-token': String(headers['x-vault-token'] ?? '') },
    ...(body === '' ? {} : { body }),
  });
  return { status: answer.status, text: await answer.text() };
}

const tlsServerName = 'vault.security.svc';

test('trusts the authority that it is given, and keeps its connections', async () => {
  world = await openWorld({ vault: { address, caFile, tlsServerName } });
  for (let calls = 0; calls < 30; calls += 1) await world.adapter.vault.metadata(jellyfin, call());
  expect(handshakes).toBeLessThanOrEqual(8);
});

test('refuses a certificate of an authority that it was not given', async () => {
  world = await openWorld({ vault: { address, tlsServerName } });
  const fault = await faultOf(world.adapter.vault.metadata(jellyfin, call()), 'vault-unreachable');
  expect(fault.wrong).toMatch(/^Vault has a certificate that is not trusted \([A-Z_]+\); nothing was sent$/);
  expect(world.received).toEqual([]);
});

test('refuses a certificate of another name', async () => {
  world = await openWorld({ vault: { address, caFile, tlsServerName: 'vault.elsewhere.svc' } });
  const fault = await faultOf(world.adapter.vault.metadata(jellyfin, call()), 'vault-unreachable');
  expect(fault.wrong).toContain('a certificate that is not trusted');
  expect(world.received).toEqual([]);
});

test('says which file of an authority can not be read', async () => {
  world = undefined;
  await expect(openWorld({ vault: { address, caFile: '/nowhere/ca.crt' } })).rejects.toMatchObject({
    code: 'config-invalid',
    wrong: '/nowhere/ca.crt can not be read',
  });
});
