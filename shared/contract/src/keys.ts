/** One run of a job. */
export interface RunId {
  readonly jobId: string;
  readonly run: number;
}

/** Object keys of the service's own bucket. They are deterministic, so that every write can be repeated. */
export const blobKeys = {
  /** The durable request of a run that has not ended; its presence means "accepted, not finished". */
  pending: (jobId: string, run: number): string => `pending/${jobId}/${run}.json`,
  pendingPrefix: 'pending/',
  /** The commit of one run. */
  manifest: (jobId: string, run: number): string => `results/${jobId}/${run}/manifest.json`,
  runPrefix: (jobId: string, run: number): string => `results/${jobId}/${run}/`,
  jobPrefix: (jobId: string): string => `results/${jobId}/`,
  resultsPrefix: 'results/',
  /** Outputs of one attempt; only the attempt named in the manifest counts. */
  attemptPrefix: (jobId: string, run: number, attemptId: string): string =>
    `results/${jobId}/${run}/attempts/${attemptId}/`,
  /** The request of a batch; written last, it makes the batch accepted. */
  batch: (batchId: string): string => `batches/${batchId}/batch.json`,
  batchPrefix: (batchId: string): string => `batches/${batchId}/`,
  batchesPrefix: 'batches/',
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
  /** What somebody thinks of one result of a batch. */
  batchMark: (batchId: string, ordinal: number): string =>
    `batches/${batchId}/marks/${String(ordinal).padStart(8, '0')}.json`,
  batchMarksPrefix: (batchId: string): string => `batches/${batchId}/marks/`,
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
  uploadsPrefix: 'uploads/',
  tenantUploadsPrefix: (tenant: string): string => `uploads/${tenant}/`,
  uploadPrefix: (tenant: string, uploadId: string): string => `uploads/${tenant}/${uploadId}/`,
  /** Present while an upload is about to be removed: nothing new may name it. */
  uploadGone: (tenant: string, uploadId: string): string => `uploads-gone/${tenant}/${uploadId}.json`,
  uploadsGonePrefix: 'uploads-gone/',
  /** Present once what named an upload was removed by its owner: its age no longer keeps it. */
  uploadReleased: (tenant: string, uploadId: string): string => `uploads-released/${tenant}/${uploadId}.json`,
  uploadsReleasedPrefix: 'uploads-released/',
  /** Present from the first step of a removal to its last. */
  purgingJob: (jobId: string): string => `purging/jobs/${jobId}.json`,
  purgingBatch: (batchId: string): string => `purging/batches/${batchId}.json`,
  purgingPrefix: 'purging/',
  /** Present while a run of another job has the outputs of this one as its result. */
  share: (of: RunId, by: RunId): string => `shares/${of.jobId}/${of.run}/${by.jobId}/${by.run}.json`,
  sharesPrefix: (jobIds: string): string => `shares/${jobIds}`,
  /** The same, found from the run that shares. */
  sharedBy: (by: RunId, of: RunId): string => `shared-by/${by.jobId}/${by.run}/${of.jobId}/${of.run}.json`,
  sharedByPrefix: (jobIds: string): string => `shared-by/${jobIds}`,
  /** A link with which others look at one job. */
  link: (jobId: string, linkId: string): string => `links/${jobId}/${linkId}.json`,
  linksPrefix: (jobIds: string): string => `links/${jobIds}`,
  /** A browser that signed in with a key. */
  session: (keyId: string, sessionId: string): string => `sessions/${keyId}/${sessionId}.json`,
  sessionsPrefix: (keyId: string): string => `sessions/${keyId}/`,
  tenant: (tenant: string): string => `tenants/${tenant}.json`,
  tenantPrefix: 'tenants/',
  apiKey: (keyId: string): string => `keys/${keyId}.json`,
  apiKeyPrefix: 'keys/',
  /** Present from the revocation of a key on; names the key that follows, where there is one. */
  revokedKey: (keyId: string): string => `revoked-keys/${keyId}.json`,
  /** Present until what a revoked key, or a whole tenant, had begun is withdrawn. */
  withdrawal: (of: string): string => `withdrawals/${of}.json`,
  withdrawalsPrefix: 'withdrawals/',
} as const;

const UUID = '[0-9a-f-]{36}';

const runId = (jobId = '', run = ''): RunId => ({ jobId, run: Number(run) });

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
  /** Of any object of an upload. */
  upload(key: string): { readonly tenant: string; readonly uploadId: string } | undefined {
    const [, tenant, uploadId] = new RegExp(`^uploads/([^/]+)/(${UUID})/`).exec(key) ?? [];
    return tenant === undefined || uploadId === undefined ? undefined : { tenant, uploadId };
  },
  uploadMark(key: string): { readonly tenant: string; readonly uploadId: string } | undefined {
    const [, tenant, uploadId] = new RegExp(`^uploads-(?:gone|released)/([^/]+)/(${UUID})\\.json$`).exec(key) ?? [];
    return tenant === undefined || uploadId === undefined ? undefined : { tenant, uploadId };
  },
  purging(key: string): { readonly kind: 'job' | 'batch'; readonly id: string } | undefined {
    const [, kinds, id] = new RegExp(`^purging/(jobs|batches)/(${UUID})\\.json$`).exec(key) ?? [];
    return id === undefined ? undefined : { kind: kinds === 'jobs' ? 'job' : 'batch', id };
  },
  share(key: string): { readonly of: RunId; readonly by: RunId } | undefined {
    const found = new RegExp(`^shares/(${UUID})/(\\d+)/(${UUID})/(\\d+)\\.json$`).exec(key);
    return found === null ? undefined : { of: runId(found[1], found[2]), by: runId(found[3], found[4]) };
  },
  sharedBy(key: string): { readonly of: RunId; readonly by: RunId } | undefined {
    const found = new RegExp(`^shared-by/(${UUID})/(\\d+)/(${UUID})/(\\d+)\\.json$`).exec(key);
    return found === null ? undefined : { by: runId(found[1], found[2]), of: runId(found[3], found[4]) };
  },
  /** Of any object of a run's results. */
  result(key: string): (RunId & { readonly part: 'attempts' | 'manifest' }) | undefined {
    const found = new RegExp(`^results/(${UUID})/(\\d+)/(attempts/|manifest\\.json$)`).exec(key);
    return found === null
      ? undefined
      : { ...runId(found[1], found[2]), part: found[3] === 'attempts/' ? 'attempts' : 'manifest' };
  },
  /** Of any object of a batch. */
  batch(key: string): { readonly batchId: string; readonly name: string } | undefined {
    const [, batchId, name] = new RegExp(`^batches/(${UUID})/(.+)$`).exec(key) ?? [];
    return batchId === undefined || name === undefined ? undefined : { batchId, name };
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
