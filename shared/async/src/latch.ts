/**
 * Wakes one waiting loop. A wake-up that comes while nobody waits is kept, so that none is lost between looking and
 * waiting; several of them are one.
 */
export class Latch {
  #woken = false;
  #resolve: (() => void) | undefined;

  wake(): void {
    this.#woken = true;
    this.#resolve?.();
  }

  /**
   * Resolves at the next wake-up, or at once when one came since the last wait.
   * @param longestMs also resolves after this time, in ms; without it only a wake-up does
   */
  async wait(longestMs?: number): Promise<void> {
    if (!this.#woken) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        this.#resolve = resolve;
        if (longestMs !== undefined) timer = setTimeout(resolve, longestMs);
      });
      clearTimeout(timer);
      this.#resolve = undefined;
    }
    this.#woken = false;
  }
}
