/** An event as MinIO sends it. */
export const minioEvent = (key: string, bucket = 'inbox', eventName = 's3:ObjectCreated:Put') => ({
  EventName: eventName,
  Key: `${bucket}/${key}`,
  Records: [
    {
      eventSource: 'minio:s3',
      eventName,
      s3: { bucket: { name: bucket }, object: { key: encodeURIComponent(key), eTag: 'of-another-store' } },
    },
  ],
});
