/** Something that goes away, and what brings it back. */
export type Outage = () => Promise<() => Promise<void> | void>;

/** Things that are away for a while, each of them once at a time. */
export class Outages {
  readonly #away = new Map<string, { readonly timer: NodeJS.Timeout; readonly back: () => Promise<void> | void }>();
  readonly #onFault: (error: unknown) => void;

  /** @param onFault called when something does not come back */
  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault;
  }

  /** Takes it away for so long, in ms. While it is away already nothing happens. */
  async begin(name: string, outage: Outage, lastsMs: number): Promise<void> {
    if (this.#away.has(name)) return;
    const back = await outage();
    const timer = setTimeout(() => void this.#end(name).catch(this.#onFault), lastsMs);
    this.#away.set(name, { timer, back });
  }

  /** Brings everything back. */
  async endAll(): Promise<void> {
    await Promise.all([...this.#away.keys()].map((name) => this.#end(name)));
  }

  async #end(name: string): Promise<void> {
    const entry = this.#away.get(name);
    if (entry === undefined) return;
    this.#away.delete(name);
    clearTimeout(entry.timer);
    await entry.back();
  }
}
