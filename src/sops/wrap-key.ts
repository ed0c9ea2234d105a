import { armor, Encrypter } from 'age-encryption';

/** The data key in an age file for one recipient, in armour. */
export async function wrapKey(dataKey: Uint8Array, recipient: string): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return armor.encode(await encrypter.encrypt(dataKey));
}
