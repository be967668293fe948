import { Parse3d } from '@parse3d/client';
import { computed } from '@preact/signals';
import { apiKey, signOut } from '../session.js';

/** The server that the page came from, with the key of the session. */
export const server = computed(() => serverFor(apiKey.value));

/** People wait before the page: what is short of something is tried again for a moment, and then shown. */
export const serverFor = (key: string | undefined): Parse3d =>
  new Parse3d({
    url: location.origin,
    key,
    retries: 2,
    longestWaitMs: 2_000,
    fetch: async (request) => {
      const response = await fetch(request);
      if (response.status === 401 && key !== undefined && key === apiKey.value) {
        signOut('The server does not know this key, or it has expired.');
      }
      return response;
    },
  });
