import { noAnswer } from './problem.js';

/**
 * The same bytes, but reading fails when nothing at all comes for a while: a server that has died without a word would
 * be waited for in vain.
 *
 * @param origin of the server, for the message
 * @throws ProblemError `no-answer`, from reading
 */
export function failWhenSilent(
  body: ReadableStream<Uint8Array>,
  silenceMs: number,
  origin: string,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        let timer: ReturnType<typeof setTimeout> | undefined;
        const silence = new Promise<never>((_resolve, reject) => {
          timer = setTimeout(
            () => reject(noAnswer(origin, new Error(`nothing came for ${silenceMs / 1000} s`))),
            silenceMs,
          );
        });
        try {
          const next = await Promise.race([reader.read(), silence]);
          if (next.done) controller.close();
          else controller.enqueue(next.value);
        } catch (error) {
          reader.cancel(error).catch(() => undefined);
          throw error;
        } finally {
          clearTimeout(timer);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** The same bytes, counted as they are taken. @param onProgress bytes so far */
export function counted(
  body: ReadableStream<Uint8Array>,
  onProgress: (bytes: number) => void,
): ReadableStream<Uint8Array> {
  let bytes = 0;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.length;
        onProgress(bytes);
        controller.enqueue(chunk);
      },
    }),
  );
}
