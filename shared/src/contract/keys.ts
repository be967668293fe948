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
  upload: (tenant: string, uploadId: string, name: string): string => `uploads/${tenant}/${uploadId}/${name}`,
  apiKey: (keyId: string): string => `keys/${keyId}.json`,
  apiKeyPrefix: 'keys/',
} as const;
