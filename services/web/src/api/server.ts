import { Parse3d } from '@parse3d/client';
import { computed } from '@preact/signals';
import { bearer, pageFetch } from '../session.js';

/**
 * The server that the page came from. People wait before the page: what is short of something is tried again for a moment,
 * and then shown.
 */
export const server = computed(
  () => new Parse3d({ url: location.origin, key: bearer.value, retries: 2, longestWaitMs: 2_000, fetch: pageFetch }),
);
