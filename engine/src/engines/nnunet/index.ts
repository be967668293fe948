import type { LabelMapModel } from '@parse3d/contract';
import { tensorGrid } from '../prepare.js';
import type { Session } from '../onnx.js';
import { logitPlanes } from './logit-planes.js';
import { LogitsBack, type OnRestored } from './logits-back.js';
import type { PreparedForLogits } from './prepare.js';

export { prepareForLogits, type PreparedForLogits } from './prepare.js';

interface Run {
  readonly sessions: readonly Session[];
  readonly onWindow: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

/** Channels of a model's graphs: without one for the background where each class has its own logit. */
function graphChannels({ activation, channels }: Pick<LabelMapModel, 'activation' | 'channels'>): number {
  return activation === 'sigmoid' ? channels - 1 : channels;
}

/** Runs the windows, and gives logits on the grid of the prepared volume, plane by plane. */
export async function restoredLogits(
  prepared: PreparedForLogits,
  model: LabelMapModel,
  { sessions, onWindow, signal }: Run,
  onRestored: OnRestored,
): Promise<void> {
  const order = tensorGrid(model);
  const channels = graphChannels(model);
  const back = new LogitsBack(channels, prepared.shape, prepared.grid.shape, prepared.slicedBack, onRestored);
  await logitPlanes(
    prepared,
    {
      sessions,
      model,
      channels,
      window: order.window ?? prepared.shape,
      overlap: model.window?.overlap ?? 0.5,
      mirror: order.mirror,
      onWindow,
      signal,
    },
    (logits, k) => back.add(logits, k),
  );
}
