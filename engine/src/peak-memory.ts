import { readFileSync, writeFileSync } from 'node:fs';

/** Starts the count again, where the system allows it, so that a process that runs many jobs reports each one's own. */
export function resetPeakMemory(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Without it the peak is that of the process so far: too high rather than wrong.
  }
}

/** The most memory this process held since the last reset, in bytes, memory of native libraries included. */
export function peakMemoryBytes(): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // Not Linux: Node counts the same in kilobytes.
  }
  return process.resourceUsage().maxRSS * 1024;
}
