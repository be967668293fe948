/** Object keys of the service's own bucket. They are deterministic, so that every write can be repeated. */
export const blobKeys = {
  /** The durable request of a run that has not ended; its presence means "accepted, not finished". */
  pending: (jobId: string, run: number): string => `pending/${jobId}/${run}.json`,
  pendingPrefix: 'pending/',
  /** The commit of one run. */
  manifest: (jobId: string, run: number): string => `results/${jobId}/${run}/manifest.json`,
  runPrefix: (jobId: string, run: number): string => `results/${jobId}/${run}/`,
  jobPrefix: (jobId: string): string => `results/${jobId}/`,
  /** Outputs of one attempt; only the attempt named in the manifest counts. */
  attemptPrefix: (jobId: string, run: number, attemptId: string): string =>
    `results/${jobId}/${run}/attempts/${attemptId}/`,
  /** The request of a batch; written last, it makes the batch accepted. */
  batch: (batchId: string): string => `batches/${batchId}/batch.json`,
  /** Items of a batch, ITEMS_PER_CHUNK to a chunk, one JSON line each. */
  batchItems: (batchId: string, chunk: number): string =>
    `batches/${batchId}/items/${String(chunk).padStart(8, '0')}.jsonl`,
  /** What somebody last asked of a batch: running, paused, canceled or stopped. */
  batchControl: (batchId: string): string => `batches/${batchId}/control.json`,
  /** Final counts; present once the reports are written. */
  batchFinished: (batchId: string): string => `batches/${batchId}/finished.json`,
  /** Present once items of a batch were run again; another one each time. */
  batchReopened: (batchId: string): string => `batches/${batchId}/reopened.json`,
  batchReport: (batchId: string, name: string): string => `batches/${batchId}/${name}`,
  /** Results of a batch of a BIDS dataset, laid out as a derivative; its `dataset_description.json` is written last. */
  batchDerivative: (batchId: string): string => `batches/${batchId}/derivatives/parse3d/`,
  /** Present while a batch has work left. */
  openBatch: (batchId: string): string => `open-batches/${batchId}.json`,
  openBatchPrefix: 'open-batches/',
  /** Which run has the result of an equal input, prompts, pack and options. */
  reuse: (digest: string): string => `reuse/${digest}.json`,
  rule: (tenant: string, ruleId: string): string => `rules/${tenant}/${ruleId}.json`,
  tenantRulesPrefix: (tenant: string): string => `rules/${tenant}/`,
  rulesPrefix: 'rules/',
  /** Which objects the periodic listing of a rule has dealt with since the rule took other objects. */
  ruleSeen: (ruleId: string, sinceMs: number): string => `rule-seen/${ruleId}/${sinceMs}.bin`,
  ruleSeenPrefix: (ruleId: string): string => `rule-seen/${ruleId}/`,
  /** An object that a rule took and that waits for the end of the rule's batch window; `mark` tells its version. */
  ruleWaiting: (tenant: string, ruleId: string, mark: string): string =>
    `rule-waiting/${tenant}/${ruleId}/${mark}.json`,
  ruleWaitingPrefix: (tenant: string, ruleId: string): string => `rule-waiting/${tenant}/${ruleId}/`,
  allRulesWaitingPrefix: 'rule-waiting/',
  /** Present once a version of an object is in a batch of the rule. */
  ruleTaken: (ruleId: string, mark: string): string => `rule-taken/${ruleId}/${mark}.json`,
  ruleTakenPrefix: (ruleId: string): string => `rule-taken/${ruleId}/`,
  /** The batches that a rule made, numbered from 1: written with If-None-Match, so that each number is given once. */
  ruleBatch: (ruleId: string, number: number): string =>
    `rule-batches/${ruleId}/${String(9_999_999_999 - number).padStart(10, '0')}.json`,
  /** The newest comes first. */
  ruleBatchesPrefix: (ruleId: string): string => `rule-batches/${ruleId}/`,
  /** Present from the removal of a rule until all that was noted for it is gone. */
  ruleGone: (tenant: string, ruleId: string): string => `rule-gone/${tenant}/${ruleId}.json`,
  rulesGonePrefix: 'rule-gone/',
  webhook: (tenant: string, endpointId: string): string => `webhooks/${tenant}/${endpointId}.json`,
  tenantWebhooksPrefix: (tenant: string): string => `webhooks/${tenant}/`,
  /** What was sent to an endpoint, or is to be; ids sort newest first. */
  delivery: (endpointId: string, deliveryId: string): string => `webhook-log/${endpointId}/${deliveryId}.json`,
  deliveriesPrefix: (endpointId: string): string => `webhook-log/${endpointId}/`,
  /** Present while a delivery is due. */
  outbox: (tenant: string, endpointId: string, deliveryId: string): string =>
    `outbox/${tenant}/${endpointId}/${deliveryId}.json`,
  outboxPrefix: 'outbox/',
  upload: (tenant: string, uploadId: string, name: string): string => `uploads/${tenant}/${uploadId}/${name}`,
  tenant: (tenant: string): string => `tenants/${tenant}.json`,
  tenantPrefix: 'tenants/',
  apiKey: (keyId: string): string => `keys/${keyId}.json`,
  apiKeyPrefix: 'keys/',
} as const;

const UUID = '[0-9a-f-]{36}';

/**
 * What the keys of a listing name, each the inverse of its builder above; undefined for a key that the builder does not
 * make.
 */
export const parseBlobKeys = {
  pending(key: string): { readonly jobId: string; readonly run: number } | undefined {
    const [, jobId, run] = new RegExp(`^pending/(${UUID})/(\\d+)\\.json$`).exec(key) ?? [];
    return jobId === undefined ? undefined : { jobId, run: Number(run) };
  },
  manifest(key: string): { readonly jobId: string; readonly run: number } | undefined {
    const [, jobId, run] = new RegExp(`^results/(${UUID})/(\\d+)/manifest\\.json$`).exec(key) ?? [];
    return jobId === undefined ? undefined : { jobId, run: Number(run) };
  },
  openBatch(key: string): string | undefined {
    return new RegExp(`^open-batches/(${UUID})\\.json$`).exec(key)?.[1];
  },
  outbox(
    key: string,
  ): { readonly tenant: string; readonly endpointId: string; readonly deliveryId: string } | undefined {
    const [, tenant, endpointId, deliveryId] =
      new RegExp(`^outbox/([^/]+)/(${UUID})/([0-9a-f-]+)\\.json$`).exec(key) ?? [];
    return tenant === undefined || endpointId === undefined || deliveryId === undefined
      ? undefined
      : { tenant, endpointId, deliveryId };
  },
  ruleWaiting(key: string): { readonly tenant: string; readonly ruleId: string } | undefined {
    const [, tenant, ruleId] = new RegExp(`^rule-waiting/([^/]+)/(${UUID})/`).exec(key) ?? [];
    return tenant === undefined || ruleId === undefined ? undefined : { tenant, ruleId };
  },
  ruleGone(key: string): { readonly tenant: string; readonly ruleId: string } | undefined {
    const [, tenant, ruleId] = new RegExp(`^rule-gone/([^/]+)/(${UUID})\\.json$`).exec(key) ?? [];
    return tenant === undefined || ruleId === undefined ? undefined : { tenant, ruleId };
  },
  ruleBatch(key: string): number | undefined {
    const countdown = /\/(\d{10})\.json$/.exec(key)?.[1];
    return countdown === undefined ? undefined : 9_999_999_999 - Number(countdown);
  },
  delivery(key: string): string | undefined {
    return new RegExp(`^webhook-log/${UUID}/([0-9a-f-]+)\\.json$`).exec(key)?.[1];
  },
} as const;
