import { setFlagsFromString } from 'node:v8';

/*
 * Imported before everything else. Ten thousand ExternalSecrets arrive as some 20 MB of JSON: by itself V8 answers
 * such a burst with large spaces for young objects and keeps them. The bot waits for others most of its time, so
 * it gives up a little speed for half of the memory.
 */
setFlagsFromString('--optimize-for-size');
setFlagsFromString('--max-semi-space-size=2');
