/** An Ed25519 key in the two texts that `ssh-keygen` writes. */
export interface SshTexts {
  readonly privateText: string;
  readonly publicText: string;
}

const algorithm = 'ssh-ed25519';
/** Characters of a line of the private text, as ssh-keygen breaks it. */
const width = 70;
/** What the private part is padded to without a cipher. */
const block = 8;

/**
 * The private key in OpenSSH's own format, without a passphrase
 * (https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key), and the public line of RFC 4253 and RFC 8709.
 */
export function opensshTexts(
  key: { readonly seed: Uint8Array; readonly publicKey: Uint8Array; readonly check: Uint8Array },
  comment: string,
): SshTexts {
  const publicBlob = Buffer.concat([field(algorithm), field(key.publicKey)]);
  const secret = padded(
    Buffer.concat([
      key.check,
      key.check,
      publicBlob,
      field(Buffer.concat([key.seed, key.publicKey])),
      field(comment),
    ]),
  );
  const all = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    field('none'),
    field('none'),
    field(''),
    uint32(1),
    field(publicBlob),
    field(secret),
  ]);
  const lines = all.toString('base64').match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
  return {
    privateText: [
      '-----BEGIN OPENSSH PRIVATE KEY-----',
      ...lines,
      '-----END OPENSSH PRIVATE KEY-----',
      '',
    ].join('\n'),
    publicText: `${algorithm} ${publicBlob.toString('base64')} ${comment}\n`,
  };
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A string of the SSH protocol (RFC 4251): its length, then itself. */
function field(content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** With 1, 2, 3 … */
function padded(bytes: Buffer): Buffer {
  const missing = (block - (bytes.length % block)) % block;
  return Buffer.concat([bytes, Buffer.from(Array.from({ length: missing }, (_, index) => index + 1))]);
}
