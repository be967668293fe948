import { failed, type Check } from './check.js';
import { checkDevice } from './device.js';
import { checkDisks, checkMemory } from './machine.js';
import { checkPacks } from './packs.js';
import { checkRedis } from './redis.js';
import { checkStorage } from './storage.js';
import type { Target } from './target.js';
import { checkVersions } from './versions.js';

/** Looks at every part; one that breaks off does not hide the others. */
export async function examine(target: Target): Promise<Check[]> {
  const parts: Record<string, () => Check[] | Promise<Check[]>> = {
    versions: checkVersions,
    redis: () => checkRedis(target),
    storage: () => checkStorage(target),
    packs: () => checkPacks(target),
    device: () => checkDevice(target),
    memory: () => checkMemory(target),
    disk: () => checkDisks(target),
  };
  const looks = Object.entries(parts).map(async ([part, look]) => {
    try {
      return await look();
    } catch (error) {
      return [failed(part, error, 'set PARSE3D_DEBUG=1 and report what it says')];
    }
  });
  return (await Promise.all(looks)).flat();
}
