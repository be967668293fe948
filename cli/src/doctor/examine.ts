import { failed, type Check } from './check.js';
import { checkDevice } from './device.js';
import { checkDisks, checkMemory } from './machine.js';
import { checkKeeping } from './keeping.js';
import { checkPacks } from './packs.js';
import { checkRecords } from './records.js';
import { checkRedis } from './redis.js';
import { checkStorage } from './storage.js';
import type { Target } from './target.js';
import { checkVersions } from './versions.js';

type Looks = Readonly<Record<string, () => Check[] | Promise<Check[]>>>;

/** Looks at every part; one that breaks off does not hide the others. */
export async function examine(target: Target): Promise<Check[]> {
  // What waits for others comes first: checking packs keeps this process busy, and answers would seem late.
  const others = await look({
    versions: checkVersions,
    redis: () => checkRedis(target),
    storage: () => checkStorage(target),
    records: () => checkRecords(target),
    keeping: () => checkKeeping(target),
  });
  const own = await look({
    packs: () => checkPacks(target),
    device: () => checkDevice(target),
    memory: () => checkMemory(target),
    disk: () => checkDisks(target),
  });
  return [...others, ...own];
}

async function look(looks: Looks): Promise<Check[]> {
  const checks = Object.entries(looks).map(async ([part, check]) => {
    try {
      return await check();
    } catch (error) {
      return [failed(part, error, 'set PARSE3D_DEBUG=1 and report what it says')];
    }
  });
  return (await Promise.all(checks)).flat();
}
