import { openSession, type Session, type SessionOptions } from './onnx.js';

/**
 * A graph whose memory depends on the volume. With an arena its session lasts for one volume, and gives the arena back at
 * the end: ONNX Runtime shrinks one by a run option, which its binding for Node does not pass on.
 */
export class VolumeSession {
  readonly #graph: string;
  readonly #options: SessionOptions;
  /** Without an arena; kept from volume to volume. */
  #plain: Session | undefined;

  private constructor(graph: string, options: SessionOptions, plain: Session) {
    this.#graph = graph;
    this.#options = options;
    this.#plain = plain;
  }

  /** @throws Problem as `openSession` does, before any volume comes */
  static async open(graph: string, options: SessionOptions): Promise<VolumeSession> {
    return new VolumeSession(graph, options, await openSession(graph, options));
  }

  /** Runs `work` with a session; volumes come one at a time. */
  async with<T>(arena: boolean, work: (session: Session) => Promise<T>): Promise<T> {
    if (!arena) {
      this.#plain ??= await openSession(this.#graph, this.#options);
      return work(this.#plain);
    }
    // Not both at once, since each holds the weights.
    await this.close();
    const session = await openSession(this.#graph, { ...this.#options, arena });
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }

  async close(): Promise<void> {
    const plain = this.#plain;
    this.#plain = undefined;
    await plain?.close();
  }
}
