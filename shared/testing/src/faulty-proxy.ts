import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Fault {
  /** Matches the first line of the requests that it hits, such as `GET /bucket/key HTTP/1.1`. */
  readonly request: RegExp;
  /** How many bytes of the request or the answer still pass. */
  readonly after: { readonly requestBytes: number } | { readonly answerBytes: number };
  /** Closes the connection, resets it, lets nothing more pass, or answers 503 by itself and hangs up. */
  readonly how: 'close' | 'reset' | 'stall' | 'refuse';
  /** How many requests it hits. */
  times: number;
  /** Done before the connection breaks. */
  readonly before?: () => Promise<void>;
}

const REFUSAL = 'HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n';

/** TCP between a client and an HTTP server on 127.0.0.1, with breaks where a test wants them. */
export class FaultyProxy {
  readonly #server;
  readonly #sockets = new Set<Socket>();
  #faults: Fault[] = [];
  /** How many requests were hit. */
  hits = 0;

  private constructor(upstreamPort: number) {
    this.#server = createServer((client) => this.#join(client, connect(upstreamPort, '127.0.0.1')));
  }

  static async start(upstream: string): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(Number(new URL(upstream).port));
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get connections(): number {
    return this.#sockets.size / 2;
  }

  /** Replaces the faults, and counts hits from zero. */
  inject(...faults: Fault[]): void {
    this.#faults = faults;
    this.hits = 0;
  }

  /** Adds to the faults that are still to come. */
  add(...faults: Fault[]): void {
    this.#faults = [...this.#faults.filter(({ times }) => times > 0), ...faults];
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, server: Socket): void {
    let fault: Fault | undefined;
    let left = 0;
    const both = [client, server];
    for (const socket of both) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        for (const other of both) other.destroy();
      });
    }
    const strike = async ({ how, before }: Fault): Promise<void> => {
      for (const socket of both) socket.pause();
      await before?.();
      if (how === 'close') client.destroySoon();
      if (how === 'reset') client.resetAndDestroy();
      if (how === 'refuse') client.write(REFUSAL, () => client.resetAndDestroy());
    };
    const pass = (chunk: Buffer, to: Socket, counts: boolean): void => {
      if (fault === undefined || !counts) {
        to.write(chunk);
        return;
      }
      to.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) void strike(fault);
    };
    client.on('data', (chunk) => {
      const line = /^(GET|PUT|POST|HEAD|DELETE) [^\r\n]+/.exec(chunk.toString('latin1', 0, 2000))?.[0];
      if (line !== undefined) {
        fault = this.#take(line);
        if (fault !== undefined)
          left = 'answerBytes' in fault.after ? fault.after.answerBytes : fault.after.requestBytes;
      }
      pass(chunk, server, fault !== undefined && 'requestBytes' in fault.after);
    });
    server.on('data', (chunk) => pass(chunk, client, fault !== undefined && 'answerBytes' in fault.after));
  }

  #take(line: string): Fault | undefined {
    const fault = this.#faults.find(({ request, times }) => times > 0 && request.test(line));
    if (fault === undefined) return undefined;
    fault.times--;
    this.hits++;
    return fault;
  }
}
