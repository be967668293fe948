/** Made by `npm run reference` from the OpenAPI document; not to be edited. */

export interface paths {
  '/v1/volumes': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List the NIfTI volumes that the key may read
     * @description One level of a folder; without `under` the places to begin with.
     */
    get: operations['listVolumes'];
    put?: never;
    /** Upload a volume: NIfTI, a zip file of a DICOM series, a multi-frame DICOM file, or .npz */
    post: operations['uploadVolume'];
    /**
     * Remove an upload
     * @description At once, whoever still names it: a job that has not read it yet fails with `volume-missing`. Of a series the URI of its folder removes all files. Volumes elsewhere in storage are never removed.
     */
    delete: operations['removeVolume'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List recent jobs, newest first */
    get: operations['listJobs'];
    put?: never;
    /**
     * Segment a volume
     * @description The 202 comes once the job is durable: no failure of the queue loses it.
     */
    post: operations['submitJob'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Status of a job */
    get: operations['getJob'];
    put?: never;
    post?: never;
    /**
     * Cancel a job, or remove an ended one for good
     * @description With `purge=true` outputs and record of a job that has ended are removed, and its upload once nothing else names it. What is left says when, and by which key. A job that has not ended is refused: cancel it first. A job of a batch is removed with its batch. It can be repeated.
     */
    delete: operations['cancelJob'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/retry': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Run a failed or canceled job again */
    post: operations['retryJob'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/events': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Follow a job as server-sent events
     * @description Resumes after `Last-Event-ID`; ends with the job. The data of each event is a JobEvent.
     */
    get: operations['watchJob'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/outputs/manifest.json': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Manifest of an ended job */
    get: operations['getManifest'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/outputs/{name}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Download an output */
    get: operations['getOutput'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/archive': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Download all outputs as a zip file
     * @description Outputs under names that say their prompts (`mask-3-left-hippocampus.nii.gz`), `manifest.json` and `findings.csv`. It is made while it is sent.
     */
    get: operations['getArchive'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/findings.csv': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Download what was found as a table
     * @description A row per prompt, with measures where they were asked for.
     */
    get: operations['getFindings'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/links': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Links to a job, oldest first */
    get: operations['listLinks'];
    put?: never;
    /**
     * Make a link that shows one job
     * @description Whoever has the link reads the job, its outputs and its volume, and nothing else, until it expires, is revoked, or the key that made it ends.
     */
    post: operations['createLink'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/links/{linkId}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /**
     * Revoke a link
     * @description It opens nothing any more, on other servers within seconds; what it has open is broken off.
     */
    delete: operations['revokeLink'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/input': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Read the volume of a job, whole or in ranges
     * @description The version that the job was submitted with; one that was replaced since is refused.
     */
    get: operations['getInput'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/batches': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List recent batches, newest first */
    get: operations['listBatches'];
    put?: never;
    /**
     * Segment many volumes
     * @description The 202 comes once every item is durable. With `dryRun` nothing is stored and the answer is a count and an estimate.
     */
    post: operations['submitBatch'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/batches/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Counters of a batch */
    get: operations['getBatch'];
    put?: never;
    post?: never;
    /**
     * Remove an ended batch for good
     * @description Its jobs with their results, its reports and records are removed, and its uploads once nothing else names them. Results that items of another batch share stay until that is removed. What is left says when, and by which key. A batch with work left is refused: cancel it first. It can be repeated.
     */
    delete: operations['purgeBatch'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/batches/{id}/items': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Items of a batch, by state */
    get: operations['listBatchItems'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/batches/{id}/pause': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Pause a batch
     * @description Nothing more is fed; what runs goes on.
     */
    post: operations['pauseBatch'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/batches/{id}/resume': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Resume a paused batch
     * @description It goes on where it was.
     */
    post: operations['resumeBatch'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/batches/{id}/cancel': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Cancel a batch
     * @description What was done stays; the rest is not run.
     */
    post: operations['cancelBatch'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/batches/{id}/retry-failed': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Run the failed items of a batch again
     * @description Each as a new run of its job: all of them, or those that failed with one of `codes`.
     */
    post: operations['retryFailedItems'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/batches/{id}/reports/{name}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Download results.jsonl, failures.jsonl or summary.csv */
    get: operations['getBatchReport'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/batches/{id}/marks': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List what was marked in a batch */
    get: operations['listMarks'];
    put?: never;
    /**
     * Mark a result of a batch as good or bad
     * @description With a note if you like. A second mark takes the place of the first; `null` takes it back.
     */
    post: operations['markItem'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/batches/{id}/marks.csv': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Download what was marked as a table
     * @description A row per marked volume; `ordinal` is that of `summary.csv`.
     */
    get: operations['getMarksTable'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/batches/{id}/derivative': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List the results of a BIDS dataset as a BIDS derivative */
    get: operations['listDerivative'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/batches/{id}/derivative/{path}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Download a file of the BIDS derivative; the path keeps its slashes */
    get: operations['getDerivativeFile'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/rules': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List rules, oldest first */
    get: operations['listRules'];
    put?: never;
    /**
     * Start a job for every new object
     * @description The rule acts in the name of the key’s tenant and reads what the key may read; it acts as long as the key stands.
     */
    post: operations['createRule'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/rules/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One rule */
    get: operations['getRule'];
    put?: never;
    post?: never;
    /**
     * Remove a rule
     * @description Its jobs go on; objects that waited for its batch window are dropped.
     */
    delete: operations['deleteRule'];
    options?: never;
    head?: never;
    /**
     * Change a rule, or switch it on or off
     * @description It then acts with the rights of this key. What it newly matches and was there before starts no job.
     */
    patch: operations['changeRule'];
    trace?: never;
  };
  '/v1/rules/{id}/refusals': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Objects that a rule took and that could make no job */
    get: operations['listRefusals'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/events/storage': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Take a storage event
     * @description Notifications of S3, MinIO and Ceph, SNS envelopes, EventBridge, and CloudEvents of Azure Blob Storage and Google Cloud Storage. The 200 comes when all of it is durable; the sender should send again until then.
     */
    post: operations['storageEvent'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/webhooks': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List webhooks, oldest first */
    get: operations['listWebhooks'];
    put?: never;
    /**
     * Be told when jobs and batches end
     * @description Messages are signed by the Standard Webhooks scheme and sent until a 2xx comes, for three days. The secret is shown in this answer alone.
     */
    post: operations['createWebhook'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/webhooks/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One webhook */
    get: operations['getWebhook'];
    put?: never;
    post?: never;
    /** Remove a webhook and its log */
    delete: operations['deleteWebhook'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/webhooks/{id}/rotate': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Make a new secret
     * @description The old one signs too for 24 hours. From now on it is sent in the name of this key.
     */
    post: operations['rotateWebhookSecret'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/webhooks/{id}/deliveries': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What was sent, the latest first */
    get: operations['listDeliveries'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/webhooks/{id}/deliveries/{deliveryId}/replay': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Send an event once more */
    post: operations['replayDelivery'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/packs': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Models of this server */
    get: operations['listPacks'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/tasks': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Search the task catalogue
     * @description What the promptable model was evaluated for, by modality; with `q` it completes a typed prompt. For research use only: not a medical device, not for diagnosis or treatment. Inputs must hold no patient identifiers.
     */
    get: operations['searchTasks'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/score': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Segment at once, as the hosted MedImageParse 3D endpoint does
     * @description For clients of that endpoint: another URL and key are all they need. Jobs run in the interactive lane and are listed with the others. Labels are numbered by the order of the prompts.
     */
    post: operations['score'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/volumes/content': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Read a volume, whole or in ranges */
    get: operations['readVolume'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/batches/{id}/failures': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Why items of a batch failed, by problem code */
    get: operations['batchFailures'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/usage': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What the tenant has stored, its quota, and how long things stay */
    get: operations['storedBytes'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/session': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** As whom a request comes */
    get: operations['getSession'];
    put?: never;
    /**
     * Sign a browser in
     * @description The key comes in the Authorization header; the answer sets a cookie that counts for this server’s own pages. It ends by DELETE, after a while, or with the key.
     */
    post: operations['openSession'];
    /** Sign a browser out */
    delete: operations['closeSession'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/status': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Workers, queue, feeder, storage and Redis at a glance */
    get: operations['serviceStatus'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/healthz': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The process lives */
    get: operations['health'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/readyz': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The service can do its work */
    get: operations['readiness'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    SubmitJob: {
      input: {
        /**
         * @description An object in storage; with a slash at the end, a folder with a DICOM series.
         * @example s3://scans/study-1/ct.nii.gz
         */
        uri: string;
      };
      /**
       * @description What to find: texts, or texts with label numbers.
       * @example [
       *       "left hippocampus",
       *       "right hippocampus"
       *     ]
       */
      prompts: (
        | string
        | {
            text: string;
            label?: number | undefined;
            /** @description So many connected parts of the mask stay, the largest first; 0 keeps all. */
            keepLargest?: number | undefined;
            /** @description Connected parts of the mask of less than so many millilitres go; 0 keeps all. */
            removeBelowMl?: number | undefined;
            /** @description Split the mask into its objects: instances-<label>.nii.gz, instances-<label>.csv, and a list in the manifest. */
            instances?: boolean | undefined;
            /** @description With `instances`: objects of fewer voxels are dropped. */
            minVoxels?: number | undefined;
            /** @description With `instances`: objects of less than so many millilitres are dropped. */
            minMl?: number | undefined;
          }
      )[];
      /** @description Default: the server’s default pack. */
      pack?: components['schemas']['PackId'] | undefined;
      /**
       * @description Default: the first modality of the pack.
       * @enum {string}
       */
      modality?: ('ct' | 'mr' | 'us' | 'pet' | 'em' | 'lightsheet') | undefined;
      /** @default {} */
      outputs?: components['schemas']['OutputOptions'] | undefined;
      /** @default {} */
      options?: components['schemas']['JobOptions'] | undefined;
      /**
       * @default interactive
       * @enum {string}
       */
      lane?: ('interactive' | 'batch') | undefined;
      /**
       * @description Your own keys, at most 64, given back with the job. No patient identifiers.
       * @default {}
       */
      metadata?:
        | {
            [key: string]: string;
          }
        | undefined;
      /**
       * @description How the job is called in lists; found by search. No patient identifiers.
       * @example Pilot 3, baseline
       */
      title?: string | undefined;
      /** @description To find the job by, at most 16. No patient identifiers. */
      tags?: string[] | undefined;
    };
    /**
     * @description Names a pack on this server.
     * @example ct-tissue
     */
    PackId: string;
    OutputOptions: {
      /**
       * @description labels.nii.gz and labels.json
       * @default true
       */
      labels?: boolean | undefined;
      /**
       * @description mask-<label>.nii.gz for every prompt
       * @default false
       */
      masks?: boolean | undefined;
      /**
       * @description prob-<label>.nii.gz for every prompt; uint8 is scaled by 1/255
       * @default none
       * @enum {string}
       */
      probabilities?: ('none' | 'uint8' | 'float32') | undefined;
      /**
       * @description labels.npz: `segs` (z, y, x) and `spacing`, as the segmentation challenge wants it
       * @default false
       */
      npz?: boolean | undefined;
      /**
       * @description preview.png: three mid-planes with outlines
       * @default true
       */
      preview?: boolean | undefined;
      /** @description findings.csv, and the measures of every finding in the manifest: surface, diameter, place, intensities, parts. Default: true. */
      findings?: boolean | undefined;
      /** @description volume.nii.gz: the voxels of the input as they were read, on the grid of the label map, without anything else of its header. The NIfTI conversion of a DICOM series or an .npz, and a clean copy of a NIfTI. Default: false. */
      volume?: boolean | undefined;
      /** @description rtstruct.dcm: a DICOM RT Structure Set with a closed contour a slice and part; for DICOM input. It repeats the patient and study of the images. Where it cannot be written the job completes with a warning. Default: false. */
      rtstruct?: boolean | undefined;
      /** @description mesh-<label>.stl and mesh-<label>.glb for every prompt that was found: its smooth, closed surface in RAS millimetres. Default: false. */
      meshes?: boolean | undefined;
      /** @description labels.seg.nrrd: the label map with names, colours and codes for 3D Slicer. Default: false. */
      segNrrd?: boolean | undefined;
      /** @description segmentation.dcm: a DICOM Segmentation object with coded terms; for DICOM input. It repeats the patient and study of the images, as the standard asks. Where it cannot be written the job completes with a warning. Default: false. */
      dicomSeg?: boolean | undefined;
      /** @description With dicomSeg: a segment per object for prompts that ask for instances, up to 100 in all; beyond that a segment per prompt and a warning. Default: false. */
      dicomSegInstances?: boolean | undefined;
    };
    JobOptions: {
      /** @default 0 */
      seed?: number | undefined;
      /** @description Longest time that computing may take in one attempt. Default: the server’s. */
      deadlineSeconds?: number | undefined;
      /**
       * @description Promptable packs: how masks come back to the volume’s grid. `reference` (default) takes the nearest pixel, as the published code does; `smooth` interpolates probabilities. A pack that resamples the volume always interpolates.
       * @enum {string}
       */
      resample?: ('reference' | 'smooth') | undefined;
      /**
       * @description Promptable packs: `full` (default) runs every slice; `adaptive` skips constant slices, looks at every fourth slice and then only around those that show a target. Targets thinner than four slices can be missed.
       * @enum {string}
       */
      schedule?: ('full' | 'adaptive') | undefined;
      /** @description Promptable packs that sample at random: how many seeds are averaged, from `seed` on. Default 1; the decoder’s time grows with it. */
      samples?: number | undefined;
      /**
       * @description Promptable packs: `longest` pads every prompt to the longest of the job; `isolated` runs each at its own length, so that no prompt changes another’s mask. Default: the pack’s.
       * @enum {string}
       */
      promptPadding?: ('longest' | 'isolated') | undefined;
      /**
       * @description Promptable packs: which of several prompts that claim a voxel the label map shows. `most-probable` is the published rule; `most-specific` shows the target with the smallest mask, so that a brain does not hide its hippocampus. Default: the pack’s.
       * @enum {string}
       */
      overlap?: ('most-probable' | 'most-specific') | undefined;
      /** @description DICOM series that hold several volumes (b-values, echoes, times): which of them, from 1. Without it such a series is refused, and the problem lists its volumes. */
      volume?: number | undefined;
      /**
       * @description DICOM images of a tilted gantry: `refuse` (default), or `correct`, which resamples them onto an upright grid.
       * @enum {string}
       */
      tilt?: ('refuse' | 'correct') | undefined;
      /**
       * @description DICOM images at unequal distances: `refuse` (default), or `resample` to equal ones, where no gap is larger than expected by more than half.
       * @enum {string}
       */
      spacing?: ('refuse' | 'resample') | undefined;
      /** @description How intensities are prepared, in place of the pack’s own rule. For volumes unlike those it was made for. */
      intensity?:
        | (
            | {
                /** @constant */
                kind: 'none';
              }
            | {
                /** @constant */
                kind: 'min-max';
                /** @description Least and greatest value that the model sees. */
                range: [number, number];
              }
            | {
                /** @constant */
                kind: 'window';
                width: number;
                level: number;
                /** @description Least and greatest value that the model sees. */
                range: [number, number];
              }
            | {
                /** @constant */
                kind: 'percentile';
                low: number;
                high: number;
                /**
                 * @description Voxels that are counted: all, or those above 0.
                 * @enum {string}
                 */
                of: 'all' | 'positive';
                /** @description Least and greatest value that the model sees. */
                range: [number, number];
              }
            | {
                /** @constant */
                kind: 'z-score';
                /**
                 * @description Voxels that are counted: all, those above 0, or those that are not 0, which alone are changed then.
                 * @enum {string}
                 */
                of: 'all' | 'positive' | 'nonzero';
              }
            | {
                /** @constant */
                kind: 'clip-z-score';
                low: number;
                high: number;
                mean: number;
                std: number;
              }
            | {
                /** @constant */
                kind: 'biomedparse';
              }
          )
        | undefined;
      /** @description CT window in Hounsfield units for all prompts of the job. Default: chosen per prompt. */
      window?:
        | {
            width: number;
            level: number;
          }
        | undefined;
      /** @description Which volume of a 4D NIfTI, from 1 (nibabel and FSL count from 0). Without it a file of several is refused. */
      frame?: number | undefined;
    };
    CreateLink: {
      /**
       * @description After which the link opens nothing.
       * @default 7
       */
      days?: number | undefined;
    };
    SubmitBatch: {
      name?: string | undefined;
      source: components['schemas']['BatchSource'];
      /**
       * @description For every item that brings none of its own.
       * @example [
       *       "left hippocampus",
       *       "right hippocampus"
       *     ]
       */
      prompts?:
        | (
            | string
            | {
                text: string;
                label?: number | undefined;
                /** @description So many connected parts of the mask stay, the largest first; 0 keeps all. */
                keepLargest?: number | undefined;
                /** @description Connected parts of the mask of less than so many millilitres go; 0 keeps all. */
                removeBelowMl?: number | undefined;
                /** @description Split the mask into its objects: instances-<label>.nii.gz, instances-<label>.csv, and a list in the manifest. */
                instances?: boolean | undefined;
                /** @description With `instances`: objects of fewer voxels are dropped. */
                minVoxels?: number | undefined;
                /** @description With `instances`: objects of less than so many millilitres are dropped. */
                minMl?: number | undefined;
              }
          )[]
        | undefined;
      /** @description Default: the server’s default pack. */
      pack?: components['schemas']['PackId'] | undefined;
      /**
       * @description Default: the first modality of the pack.
       * @enum {string}
       */
      modality?: ('ct' | 'mr' | 'us' | 'pet' | 'em' | 'lightsheet') | undefined;
      /** @default {} */
      outputs?: components['schemas']['OutputOptions'] | undefined;
      /** @default {} */
      options?: components['schemas']['JobOptions'] | undefined;
      /**
       * @default batch
       * @enum {string}
       */
      lane?: ('interactive' | 'batch') | undefined;
      errorThreshold?:
        | {
            count?: number | undefined;
            /** @description Of the items that ended, once 20 have. */
            share?: number | undefined;
          }
        | undefined;
      /**
       * @description Reuse the result of an equal input, prompts, pack and options instead of running again.
       * @default true
       */
      skipCompleted?: boolean | undefined;
      /**
       * @description Only count and estimate: how many volumes and bytes, and how long they may take.
       * @default false
       */
      dryRun?: boolean | undefined;
      /**
       * @description Your own keys, at most 64, given back with the job. No patient identifiers.
       * @default {}
       */
      metadata?:
        | {
            [key: string]: string;
          }
        | undefined;
      /**
       * @description Each frame of a 4D NIfTI becomes an item of its own; the header of every volume is read for that. Without it, and without the option `frame`, such volumes fail.
       * @constant
       */
      frames?: 'all' | undefined;
    };
    BatchSource:
      | {
          /** @constant */
          kind: 'prefix';
          uri: string;
          /** @description Glob over the key below the folder: `*`, `?`, `**`, `[a-z]` and `{one,other}`, with braces at most 4 deep. Default: what ends in .nii, .nii.gz, .nrrd or .mha, but not in .seg.nrrd. */
          pattern?: string | undefined;
        }
      | {
          /** @constant */
          kind: 'manifest';
          /**
           * @description A JSONL object: `{"uri": …, "prompts"?: […]}` a line.
           * @example s3://scans/study-1/ct.nii.gz
           */
          uri: string;
        }
      | {
          /** @constant */
          kind: 'bids';
          /** @description Root of a BIDS dataset. */
          uri: string;
          /** @default T1w */
          suffix?: string | undefined;
          /**
           * @description Only images whose names carry these labels, such as `{"acq": "mprage"}`. Without `part` the parts phase, real and imag of a complex image are left out.
           * @example {
           *       "acq": "mprage"
           *     }
           */
          entities?:
            | {
                [key: string]: string;
              }
            | undefined;
        }
      | {
          /** @constant */
          kind: 'items';
          items: {
            /**
             * @description An object in storage; with a slash at the end, a folder with a DICOM series.
             * @example s3://scans/study-1/ct.nii.gz
             */
            uri: string;
            prompts?:
              | (
                  | string
                  | {
                      text: string;
                      label?: number | undefined;
                      /** @description So many connected parts of the mask stay, the largest first; 0 keeps all. */
                      keepLargest?: number | undefined;
                      /** @description Connected parts of the mask of less than so many millilitres go; 0 keeps all. */
                      removeBelowMl?: number | undefined;
                      /** @description Split the mask into its objects: instances-<label>.nii.gz, instances-<label>.csv, and a list in the manifest. */
                      instances?: boolean | undefined;
                      /** @description With `instances`: objects of fewer voxels are dropped. */
                      minVoxels?: number | undefined;
                      /** @description With `instances`: objects of less than so many millilitres are dropped. */
                      minMl?: number | undefined;
                    }
                )[]
              | undefined;
          }[];
        };
    RetryFailed: {
      /** @description Only items that failed with one of these codes; all failed items by default. */
      codes?:
        | (
            | 'request-invalid'
            | 'unauthorized'
            | 'forbidden'
            | 'not-found'
            | 'method-not-allowed'
            | 'input-not-allowed'
            | 'idempotency-conflict'
            | 'state-conflict'
            | 'purged'
            | 'payload-too-large'
            | 'body-too-slow'
            | 'unsupported-media-type'
            | 'event-unknown'
            | 'event-signature-invalid'
            | 'events-incomplete'
            | 'webhook-url-refused'
            | 'prompt-unknown'
            | 'pack-unknown'
            | 'modality-unsupported'
            | 'volume-missing'
            | 'volume-changed'
            | 'volume-too-large'
            | 'volume-not-3d'
            | 'nifti-not-nifti'
            | 'nifti-header-invalid'
            | 'nifti-datatype-unsupported'
            | 'nifti-pair-unsupported'
            | 'nifti-affine-invalid'
            | 'nifti-truncated'
            | 'nifti-trailing-data'
            | 'nrrd-invalid'
            | 'npz-invalid'
            | 'npz-too-large'
            | 'pickle-refused'
            | 'gzip-corrupt'
            | 'gzip-too-large'
            | 'labels-invalid'
            | 'geometry-mismatch'
            | 'archive-invalid'
            | 'archive-too-large'
            | 'dicom-no-images'
            | 'dicom-several-series'
            | 'dicom-invalid'
            | 'dicom-truncated'
            | 'dicom-unsupported'
            | 'dicom-slices-missing'
            | 'dicom-geometry'
            | 'pack-invalid'
            | 'pack-checksum'
            | 'pack-graph-refused'
            | 'pack-import-failed'
            | 'pack-unavailable'
            | 'engine-unsupported'
            | 'blob-missing'
            | 'blob-exists'
            | 'blob-changed'
            | 'blob-key-invalid'
            | 'blob-range-invalid'
            | 'blob-archived'
            | 'bucket-missing'
            | 'storage-denied'
            | 'storage-credentials'
            | 'storage-wrong-region'
            | 'storage-unsafe'
            | 'record-invalid'
            | 'storage-full'
            | 'storage-unavailable'
            | 'quota-exceeded'
            | 'storage-quota-exceeded'
            | 'queue-full'
            | 'still-running'
            | 'service-unavailable'
            | 'queue-unavailable'
            | 'disk-full'
            | 'machine-short'
            | 'output-mismatch'
            | 'child-crashed'
            | 'child-stalled'
            | 'memory-cap'
            | 'deadline-exceeded'
            | 'inference-failed'
            | 'worker-lost'
            | 'worker-draining'
            | 'canceled'
            | 'config-invalid'
            | 'dependency-missing'
            | 'internal'
          )[]
        | undefined;
    };
    MarkItem: {
      /** @description Place of the volume in the batch, from 0. */
      ordinal: number;
      /** @description What somebody thinks of the result; null takes it back. */
      mark: ('good' | 'bad') | null;
      /** @description Why. No patient identifiers. */
      note?: string | undefined;
    };
    CreateRule: {
      name?: string | undefined;
      /** @example s3://scans/ */
      bucket: string;
      /**
       * @description Keys begin so.
       * @default
       * @example incoming/
       */
      prefix?: string | undefined;
      /** @description Keys end so. Default: what ends in .nii, .nii.gz, .nrrd or .mha. */
      suffix?: string | undefined;
      job: components['schemas']['JobTemplate'];
      /**
       * @description Objects that come within this time of the first become one batch. `0s`, or none: a job for each.
       * @example 30s
       */
      batchWindow?: string | undefined;
      /** @default true */
      enabled?: boolean | undefined;
    };
    JobTemplate: {
      /**
       * @description What to find: texts, or texts with label numbers.
       * @example [
       *       "left hippocampus",
       *       "right hippocampus"
       *     ]
       */
      prompts: (
        | string
        | {
            text: string;
            label?: number | undefined;
            /** @description So many connected parts of the mask stay, the largest first; 0 keeps all. */
            keepLargest?: number | undefined;
            /** @description Connected parts of the mask of less than so many millilitres go; 0 keeps all. */
            removeBelowMl?: number | undefined;
            /** @description Split the mask into its objects: instances-<label>.nii.gz, instances-<label>.csv, and a list in the manifest. */
            instances?: boolean | undefined;
            /** @description With `instances`: objects of fewer voxels are dropped. */
            minVoxels?: number | undefined;
            /** @description With `instances`: objects of less than so many millilitres are dropped. */
            minMl?: number | undefined;
          }
      )[];
      /** @description Default: the server’s default pack. */
      pack?: components['schemas']['PackId'] | undefined;
      /**
       * @description Default: the first modality of the pack.
       * @enum {string}
       */
      modality?: ('ct' | 'mr' | 'us' | 'pet' | 'em' | 'lightsheet') | undefined;
      /** @default {} */
      outputs?: components['schemas']['OutputOptions'] | undefined;
      /** @default {} */
      options?: components['schemas']['JobOptions'] | undefined;
      /**
       * @default batch
       * @enum {string}
       */
      lane?: ('interactive' | 'batch') | undefined;
      /**
       * @description Your own keys, at most 64, given back with the job. No patient identifiers.
       * @default {}
       */
      metadata?:
        | {
            [key: string]: string;
          }
        | undefined;
      /**
       * @description How the job is called in lists; found by search. No patient identifiers.
       * @example Pilot 3, baseline
       */
      title?: string | undefined;
      /** @description To find the job by, at most 16. No patient identifiers. */
      tags?: string[] | undefined;
    };
    ChangeRule: {
      name?: string | undefined;
      /**
       * @description Keys begin so.
       * @example incoming/
       */
      prefix?: string | undefined;
      /** @description Keys end so. Default: what ends in .nii, .nii.gz, .nrrd or .mha. */
      suffix?: string | undefined;
      job?: components['schemas']['JobTemplate'] | undefined;
      /**
       * @description Objects that come within this time of the first become one batch. `0s`, or none: a job for each.
       * @example 30s
       */
      batchWindow?: string | undefined;
      enabled?: boolean | undefined;
    };
    CreateWebhook: {
      /**
       * Format: uri
       * @description HTTPS, at a public address.
       * @example https://example.org/hooks
       */
      url: string;
      /**
       * @default [
       *       "job.completed",
       *       "job.failed",
       *       "job.canceled",
       *       "batch.finished"
       *     ]
       */
      events?: ('job.completed' | 'job.failed' | 'job.canceled' | 'batch.finished')[] | undefined;
      name?: string | undefined;
    };
    ScoreRequest: {
      input_data: {
        /** @description Before `data`. */
        columns: ['image', 'text'];
        index?: number[] | undefined;
        /**
         * @description Rows of a volume (NIfTI, compressed or not, in base64; line breaks do no harm) and its prompts, joined by `&` or `[SEP]`.
         * @example [
         *       [
         *         "H4sIAAAA…",
         *         "left kidney in abdominal CT & right kidney in abdominal CT"
         *       ]
         *     ]
         */
        data: [string, string][];
      };
    };
    VolumeListing: {
      /** @description URIs to list next, each with a slash at its end. */
      folders: string[];
      volumes: {
        /**
         * @description An object in storage; with a slash at the end, a folder with a DICOM series.
         * @example s3://scans/study-1/ct.nii.gz
         */
        uri: string;
        bytes: number;
        /** Format: date-time */
        modifiedAt: string;
      }[];
      /** @description Volumes and folders left out because no request can name them: a control character, a backslash, or an empty part, `.` or `..` between slashes. */
      unnamed?: number | undefined;
      /** @description There may be more, even where this page is short or empty. */
      next?: string | undefined;
    };
    Problem: {
      /**
       * @description Stable slug of the problem.
       * @example /problems/prompt-unknown
       */
      type: string;
      title: string;
      status: number;
      /** @description What was expected, what came, what to do. */
      detail: string;
      requestId?: string | undefined;
    } & {
      [key: string]: unknown;
    };
    UploadedVolume: {
      /**
       * @description An object in storage; with a slash at the end, a folder with a DICOM series.
       * @example s3://scans/study-1/ct.nii.gz
       */
      uri: string;
      bytes: number;
      sha256: string;
      /** @description Absent for DICOM, whose images are read by a worker. */
      geometry?:
        | {
            shape: [number, number, number];
            /** @description Voxel to RAS millimetres, row-major. */
            affine: number[];
            spacingMm: [number, number, number];
          }
        | undefined;
      /**
       * @description Type of the stored voxels, as nibabel names it; absent for DICOM.
       * @example int16
       */
      datatype?: string | undefined;
      /** @description Of a 4D NIfTI: how many volumes it holds, of which a job chooses one by its option `frame`. */
      frames?: number | undefined;
      /** @description Those that an .npz file brings, for a job to use. */
      prompts?: components['schemas']['Prompt'][] | undefined;
    };
    /** @description What to find, and its number in the label map. */
    Prompt: {
      /** @example left hippocampus */
      text: string;
      /** @description Value of this target in the label map. */
      label: number;
      /** @description So many connected parts of the mask stay, the largest first; 0 keeps all. */
      keepLargest?: number | undefined;
      /** @description Connected parts of the mask of less than so many millilitres go; 0 keeps all. */
      removeBelowMl?: number | undefined;
      /** @description Split the mask into its objects: instances-<label>.nii.gz, instances-<label>.csv, and a list in the manifest. */
      instances?: boolean | undefined;
      /** @description With `instances`: objects of fewer voxels are dropped. */
      minVoxels?: number | undefined;
      /** @description With `instances`: objects of less than so many millilitres are dropped. */
      minMl?: number | undefined;
    };
    RemovedVolume: {
      /**
       * @description An object in storage; with a slash at the end, a folder with a DICOM series.
       * @example s3://scans/study-1/ct.nii.gz
       */
      uri: string;
      objects: number;
      bytes: number;
    };
    Job: {
      /**
       * Format: uuid
       * @description Identifies a job; sorts by the time of submission.
       */
      id: string;
      /** @enum {string} */
      status: 'waiting' | 'running' | 'completed' | 'failed' | 'canceled';
      run: number;
      input: {
        /**
         * @description An object in storage; with a slash at the end, a folder with a DICOM series.
         * @example s3://scans/study-1/ct.nii.gz
         */
        uri: string;
        bytes: number;
      };
      prompts: components['schemas']['Prompt'][];
      pack: {
        id: components['schemas']['PackId'];
        version: string;
      };
      /**
       * @description Imaging modality: CT, MR, ultrasound, PET, electron microscopy or light-sheet microscopy.
       * @enum {string}
       */
      modality: 'ct' | 'mr' | 'us' | 'pet' | 'em' | 'lightsheet';
      /** @enum {string} */
      lane: 'interactive' | 'batch';
      metadata: {
        [key: string]: string;
      };
      title?: string | undefined;
      tags?: string[] | undefined;
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      startedAt?: string | undefined;
      /** Format: date-time */
      finishedAt?: string | undefined;
      /** @enum {string} */
      stage?: ('fetch' | 'read' | 'prepare' | 'infer' | 'restore' | 'encode' | 'upload' | 'commit') | undefined;
      /** @description Share of the work done, 0 to 1. */
      progress?: number | undefined;
      etaSeconds?: number | undefined;
      /** @description Number of the attempt, from 1. */
      attempt?: number | undefined;
      cancelRequested?: boolean | undefined;
      position?: number | undefined;
      problem?: components['schemas']['ProblemBody'] | undefined;
      outputs?:
        | {
            name: string;
            url: string;
            bytes: number;
            sha256: string;
          }[]
        | undefined;
    };
    ProblemBody: {
      /** @enum {string} */
      code:
        | 'request-invalid'
        | 'unauthorized'
        | 'forbidden'
        | 'not-found'
        | 'method-not-allowed'
        | 'input-not-allowed'
        | 'idempotency-conflict'
        | 'state-conflict'
        | 'purged'
        | 'payload-too-large'
        | 'body-too-slow'
        | 'unsupported-media-type'
        | 'event-unknown'
        | 'event-signature-invalid'
        | 'events-incomplete'
        | 'webhook-url-refused'
        | 'prompt-unknown'
        | 'pack-unknown'
        | 'modality-unsupported'
        | 'volume-missing'
        | 'volume-changed'
        | 'volume-too-large'
        | 'volume-not-3d'
        | 'nifti-not-nifti'
        | 'nifti-header-invalid'
        | 'nifti-datatype-unsupported'
        | 'nifti-pair-unsupported'
        | 'nifti-affine-invalid'
        | 'nifti-truncated'
        | 'nifti-trailing-data'
        | 'nrrd-invalid'
        | 'npz-invalid'
        | 'npz-too-large'
        | 'pickle-refused'
        | 'gzip-corrupt'
        | 'gzip-too-large'
        | 'labels-invalid'
        | 'geometry-mismatch'
        | 'archive-invalid'
        | 'archive-too-large'
        | 'dicom-no-images'
        | 'dicom-several-series'
        | 'dicom-invalid'
        | 'dicom-truncated'
        | 'dicom-unsupported'
        | 'dicom-slices-missing'
        | 'dicom-geometry'
        | 'pack-invalid'
        | 'pack-checksum'
        | 'pack-graph-refused'
        | 'pack-import-failed'
        | 'pack-unavailable'
        | 'engine-unsupported'
        | 'blob-missing'
        | 'blob-exists'
        | 'blob-changed'
        | 'blob-key-invalid'
        | 'blob-range-invalid'
        | 'blob-archived'
        | 'bucket-missing'
        | 'storage-denied'
        | 'storage-credentials'
        | 'storage-wrong-region'
        | 'storage-unsafe'
        | 'record-invalid'
        | 'storage-full'
        | 'storage-unavailable'
        | 'quota-exceeded'
        | 'storage-quota-exceeded'
        | 'queue-full'
        | 'still-running'
        | 'service-unavailable'
        | 'queue-unavailable'
        | 'disk-full'
        | 'machine-short'
        | 'output-mismatch'
        | 'child-crashed'
        | 'child-stalled'
        | 'memory-cap'
        | 'deadline-exceeded'
        | 'inference-failed'
        | 'worker-lost'
        | 'worker-draining'
        | 'canceled'
        | 'config-invalid'
        | 'dependency-missing'
        | 'internal';
      detail: string;
      /** @enum {string} */
      retry: 'never' | 'later';
      /** @default {} */
      fields: {
        [key: string]: unknown;
      };
    };
    JobPage: {
      jobs: components['schemas']['Job'][];
      /** @description Give it as `cursor` for the next page, which a filter may leave short; absent on the last. */
      next?: string | undefined;
    };
    Purged: {
      /** Format: uuid */
      id: string;
      /**
       * @description `purging`: nobody can see it any more, and the last of its objects are still being removed.
       * @enum {string}
       */
      status: 'purged' | 'purging';
      /** Format: date-time */
      purgedAt: string;
      /**
       * @description Id of the API key that asked for it, or `retention` where its age did.
       * @example Ab3dEf6hIj9k
       */
      purgedBy: string;
    };
    JobEvent: {
      /**
       * Format: uuid
       * @description Identifies a job; sorts by the time of submission.
       */
      jobId: string;
      run: number;
      /** Format: date-time */
      at: string;
      /** @enum {string} */
      status: 'waiting' | 'running' | 'completed' | 'failed' | 'canceled';
      /** @enum {string} */
      stage?: ('fetch' | 'read' | 'prepare' | 'infer' | 'restore' | 'encode' | 'upload' | 'commit') | undefined;
      progress?: number | undefined;
      etaSeconds?: number | undefined;
      attempt?: number | undefined;
      message?: string | undefined;
      problemCode?: string | undefined;
    };
    Manifest:
      | {
          /** @constant */
          schemaVersion: 1;
          /**
           * Format: uuid
           * @description Identifies a job; sorts by the time of submission.
           */
          jobId: string;
          run: number;
          tenant: string;
          attemptId: string;
          /** Format: date-time */
          createdAt: string;
          /** Format: date-time */
          startedAt?: string | undefined;
          /** Format: date-time */
          finishedAt: string;
          input: {
            /**
             * @description An object in storage; with a slash at the end, a folder with a DICOM series.
             * @example s3://scans/study-1/ct.nii.gz
             */
            uri: string;
            etag: string;
            bytes: number;
            sha256?: string | undefined;
          };
          prompts: components['schemas']['Prompt'][];
          pack: {
            id: components['schemas']['PackId'];
            version: string;
          };
          /**
           * @description Imaging modality: CT, MR, ultrasound, PET, electron microscopy or light-sheet microscopy.
           * @enum {string}
           */
          modality: 'ct' | 'mr' | 'us' | 'pet' | 'em' | 'lightsheet';
          outputOptions: components['schemas']['OutputOptionsOutput'];
          options: components['schemas']['JobOptionsOutput'];
          /** @enum {string} */
          lane: 'interactive' | 'batch';
          metadata: {
            [key: string]: string;
          };
          title?: string | undefined;
          tags?: string[] | undefined;
          requestSha256: string;
          software: {
            /** @constant */
            name: 'parse3d';
            version: string;
            commit?: string | undefined;
          };
          notice: string;
          /** @constant */
          status: 'completed';
          geometry: {
            shape: [number, number, number];
            /** @description Voxel to RAS millimetres, row-major. */
            affine: number[];
            spacingMm: [number, number, number];
          };
          model: {
            title: string;
            licence: string;
            weights?:
              | {
                  file: string;
                  bytes: number;
                  sha256: string;
                }
              | undefined;
            citation?: string | undefined;
            intendedUse: string;
            demonstration: boolean;
            graphs: {
              [key: string]: string;
            };
          };
          device: string;
          findings: components['schemas']['Finding'][];
          preparation: string[];
          warnings: string[];
          timingsMs: {
            [key: string]: number;
          };
          peakMemoryBytes?: number | undefined;
          outputs: {
            name: string;
            /** @description Object key in the service’s bucket. */
            key: string;
            bytes: number;
            sha256: string;
            contentType: string;
          }[];
          reusedFrom?:
            | {
                /**
                 * Format: uuid
                 * @description Identifies a job; sorts by the time of submission.
                 */
                jobId: string;
                run: number;
              }
            | undefined;
        }
      | {
          /** @constant */
          schemaVersion: 1;
          /**
           * Format: uuid
           * @description Identifies a job; sorts by the time of submission.
           */
          jobId: string;
          run: number;
          tenant: string;
          attemptId: string;
          /** Format: date-time */
          createdAt: string;
          /** Format: date-time */
          startedAt?: string | undefined;
          /** Format: date-time */
          finishedAt: string;
          input: {
            /**
             * @description An object in storage; with a slash at the end, a folder with a DICOM series.
             * @example s3://scans/study-1/ct.nii.gz
             */
            uri: string;
            etag: string;
            bytes: number;
            sha256?: string | undefined;
          };
          prompts: components['schemas']['Prompt'][];
          pack: {
            id: components['schemas']['PackId'];
            version: string;
          };
          /**
           * @description Imaging modality: CT, MR, ultrasound, PET, electron microscopy or light-sheet microscopy.
           * @enum {string}
           */
          modality: 'ct' | 'mr' | 'us' | 'pet' | 'em' | 'lightsheet';
          outputOptions: components['schemas']['OutputOptionsOutput'];
          options: components['schemas']['JobOptionsOutput'];
          /** @enum {string} */
          lane: 'interactive' | 'batch';
          metadata: {
            [key: string]: string;
          };
          title?: string | undefined;
          tags?: string[] | undefined;
          requestSha256: string;
          software: {
            /** @constant */
            name: 'parse3d';
            version: string;
            commit?: string | undefined;
          };
          notice: string;
          /** @constant */
          status: 'failed';
          problem: components['schemas']['ProblemBody'];
        }
      | {
          /** @constant */
          schemaVersion: 1;
          /**
           * Format: uuid
           * @description Identifies a job; sorts by the time of submission.
           */
          jobId: string;
          run: number;
          tenant: string;
          attemptId: string;
          /** Format: date-time */
          createdAt: string;
          /** Format: date-time */
          startedAt?: string | undefined;
          /** Format: date-time */
          finishedAt: string;
          input: {
            /**
             * @description An object in storage; with a slash at the end, a folder with a DICOM series.
             * @example s3://scans/study-1/ct.nii.gz
             */
            uri: string;
            etag: string;
            bytes: number;
            sha256?: string | undefined;
          };
          prompts: components['schemas']['Prompt'][];
          pack: {
            id: components['schemas']['PackId'];
            version: string;
          };
          /**
           * @description Imaging modality: CT, MR, ultrasound, PET, electron microscopy or light-sheet microscopy.
           * @enum {string}
           */
          modality: 'ct' | 'mr' | 'us' | 'pet' | 'em' | 'lightsheet';
          outputOptions: components['schemas']['OutputOptionsOutput'];
          options: components['schemas']['JobOptionsOutput'];
          /** @enum {string} */
          lane: 'interactive' | 'batch';
          metadata: {
            [key: string]: string;
          };
          title?: string | undefined;
          tags?: string[] | undefined;
          requestSha256: string;
          software: {
            /** @constant */
            name: 'parse3d';
            version: string;
            commit?: string | undefined;
          };
          notice: string;
          /** @constant */
          status: 'canceled';
        };
    Finding: {
      label: number;
      prompt: string;
      /** @enum {string} */
      verdict: 'present' | 'absent';
      voxels: number;
      volumeMl: number;
      meanProbability: number | null;
      maxProbability: number | null;
      /** @description Score that the target is there: the highest of all slices. Null for packs without one. */
      existence: number | null;
      existenceBySlice?:
        | {
            /**
             * @description Axis of the input that was cut.
             * @enum {string}
             */
            axis: 'i' | 'j' | 'k';
            /** @description One per index along the axis, to three digits; null where the slice was not looked at. */
            scores: (number | null)[];
          }
        | undefined;
      recommended: boolean;
      /** @description Of a prompt that is not recommended: the name of the pack that was probably meant. */
      suggestion?: string | undefined;
      classes?: string[] | undefined;
      /** @description The mask’s objects, where the prompt asked for them. */
      instances?: components['schemas']['Instances'] | undefined;
      /** @description Absent where the mask is empty, or where measures were not asked for. */
      measures?: components['schemas']['Measures'] | undefined;
      /** @description What the rule of the prompt or the pack took out of the mask; absent without a rule. */
      removed?: components['schemas']['RemovedParts'] | undefined;
    };
    Instances: {
      count: number;
      /**
       * @description `edges`: the model’s own edges between objects. `components`: the pack has none; objects that touch are one.
       * @enum {string}
       */
      separatedBy: 'edges' | 'components';
      /** @description Fewest voxels of an object that counts. */
      minVoxels: number;
      /** @description Objects that were too small, and their voxels. */
      dropped: {
        objects: number;
        voxels: number;
      };
      /** @description Voxels of the mask that belong to no object: edge, farther than one voxel from every interior. */
      unassignedVoxels: number;
      /** @description The largest 1000; instances-<label>.csv has all. */
      objects: components['schemas']['FoundObject'][];
      /** @description Whether there are more objects than are listed. */
      truncated: boolean;
    };
    FoundObject: {
      /** @description Its value in instances-<label>.nii.gz: 1 is the largest. */
      object: number;
      voxels: number;
      volumeMl: number;
      /** @description Mean place of the voxels, in RAS millimetres. */
      centroidMm: [number, number, number];
      /** @description First and last voxel [i, j, k] of the mask, both included, from 0. */
      boundingBox: {
        min: [number, number, number];
        max: [number, number, number];
      };
      /** @description Null for label-map packs, unless the job also writes probability maps. */
      meanProbability: number | null;
      maxProbability: number | null;
      /** @description Area of the marching-cubes surface half-way between voxel centres. */
      surfaceMm2?: number | undefined;
      /** @description Longest distance between two points of that surface, also across parts and gaps. */
      longestDiameterMm?: number | undefined;
      /** @description Values of the input inside the mask. Null where none is a number. */
      intensity?:
        | ({
            mean: number;
            /** @description Of the population: divided by n. */
            sd: number;
            median: number;
            p5: number;
            p95: number;
            /** @description HU where a CT reaches beyond 0 to 255; else unknown. */
            unit: 'HU' | null;
          } | null)
        | undefined;
    };
    Measures: {
      /** @description Area of the marching-cubes surface half-way between voxel centres. */
      surfaceMm2: number;
      /** @description Longest distance between two points of that surface, also across parts and gaps. */
      longestDiameterMm: number;
      /** @description Mean place of the voxels, in RAS millimetres. */
      centroidMm: [number, number, number];
      /** @description The same as voxel indices [i, j, k], from 0. */
      centroidVoxel: [number, number, number];
      /** @description First and last voxel [i, j, k] of the mask, both included, from 0. */
      boundingBox: {
        min: [number, number, number];
        max: [number, number, number];
      };
      /** @description Values of the input inside the mask. Null where none is a number. */
      intensity: {
        mean: number;
        /** @description Of the population: divided by n. */
        sd: number;
        median: number;
        p5: number;
        p95: number;
        /** @description HU where a CT reaches beyond 0 to 255; else unknown. */
        unit: 'HU' | null;
      } | null;
      /** @description Parts of the mask that do not touch by faces of voxels. */
      components: number;
      /** @description Share of the mask’s voxels that is in its largest part. */
      largestComponentShare: number;
    };
    RemovedParts: {
      keepLargest?: number | undefined;
      removeBelowMl?: number | undefined;
      /** @description Connected parts that were removed. */
      components: number;
      /** @description Voxels of these parts. */
      voxels: number;
    };
    NewLink: {
      id: string;
      /**
       * Format: uuid
       * @description Identifies a job; sorts by the time of submission.
       */
      jobId: string;
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      expiresAt: string;
      expired: boolean;
      /** @description The key that made it, with which it ends. */
      keyId: string;
      /** @description Shown here alone: a bearer token that reads this job. `p3l_…` */
      token: string;
      /** @description The page that shows the job, with the token behind `#`. */
      url: string;
    };
    LinkList: {
      links: components['schemas']['Link'][];
    };
    Link: {
      id: string;
      /**
       * Format: uuid
       * @description Identifies a job; sorts by the time of submission.
       */
      jobId: string;
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      expiresAt: string;
      expired: boolean;
      /** @description The key that made it, with which it ends. */
      keyId: string;
    };
    BatchSize: {
      total: number;
      /** @description Of sources that tell sizes; a manifest and a list do not. */
      bytes: number;
      /** @description What lies there and was not taken, by reason; absent where there is nothing. */
      leftOut?:
        | {
            /** @enum {string} */
            reason: 'link' | 'bids-name' | 'bids-elsewhere' | 'bids-part' | 'bids-twice';
            count: number;
            detail: string;
          }[]
        | undefined;
      /** @description Absent where nothing tells how long it may take. */
      estimate?: components['schemas']['BatchEstimate'] | undefined;
    };
    BatchEstimate: {
      seconds: number;
      /**
       * @description `recent-jobs`: what the latest jobs of the pack took. `pack`: nothing of it has run yet; a rough guess from its need of memory, which may be ten times off.
       * @enum {string}
       */
      basis: 'recent-jobs' | 'pack';
      /** @description Jobs that it is based on. */
      jobs: number;
      /** @description Slots of workers that have the pack; 0 counts as 1. */
      slots: number;
    };
    Batch: {
      /** Format: uuid */
      id: string;
      name?: string | undefined;
      /** @enum {string} */
      status: 'running' | 'paused' | 'canceled' | 'stopped' | 'completed';
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      finishedAt?: string | undefined;
      total: number;
      bytes: number;
      counts: {
        waiting: number;
        running: number;
        completed: number;
        failed: number;
        canceled: number;
      };
      /** @description What lies there and was not taken, by reason; absent where there is nothing. */
      leftOut?:
        | {
            /** @enum {string} */
            reason: 'link' | 'bids-name' | 'bids-elsewhere' | 'bids-part' | 'bids-twice';
            count: number;
            detail: string;
          }[]
        | undefined;
      /** @description Of the completed: reused from an earlier result. */
      skipped: number;
      /** @description The first item, in the order of the source, that nobody has begun. */
      oldestWaiting?:
        | {
            ordinal: number;
            /** Format: uuid */
            jobId: string;
            /** Format: date-time */
            since: string;
          }
        | undefined;
      itemsPerMinute?: number | undefined;
      etaSeconds?: number | undefined;
      metadata: {
        [key: string]: string;
      };
      reports?:
        | {
            name: string;
            url: string;
          }[]
        | undefined;
      /** @description Of a batch of a BIDS dataset that has ended: its results as a BIDS derivative. */
      derivative?:
        | {
            url: string;
          }
        | undefined;
    };
    BatchList: {
      batches: components['schemas']['Batch'][];
    };
    BatchItemPage: {
      items: {
        ordinal: number;
        /**
         * @description An object in storage; with a slash at the end, a folder with a DICOM series.
         * @example s3://scans/study-1/ct.nii.gz
         */
        uri: string;
        /** @description Of a 4D volume, from 1. */
        frame?: number | undefined;
        /** Format: uuid */
        jobId: string;
        /** @enum {string} */
        status: 'open' | 'completed' | 'failed' | 'canceled';
      }[];
      next?: number | undefined;
    };
    ItemMark: {
      /** @description Place of the volume in the batch, from 0. */
      ordinal: number;
      /**
       * @description An object in storage; with a slash at the end, a folder with a DICOM series.
       * @example s3://scans/study-1/ct.nii.gz
       */
      uri: string;
      /** @enum {string} */
      mark: 'good' | 'bad';
      note?: string | undefined;
      /** Format: date-time */
      markedAt: string;
      /** @description The key with which it was marked. */
      keyId: string;
    };
    MarkPage: {
      /** @description In the order of the batch. */
      marks: components['schemas']['ItemMark'][];
      /** @description Give it as `after` for the next page; absent on the last. */
      next?: number | undefined;
    };
    DerivativePage: {
      files: {
        /** @example sub-01/anat/sub-01_space-orig_dseg.nii.gz */
        path: string;
        bytes: number;
        url: string;
      }[];
      next?: string | undefined;
    };
    Rule: {
      /** Format: uuid */
      id: string;
      name?: string | undefined;
      /** @example s3://scans/ */
      bucket: string;
      prefix: string;
      suffix?: string | undefined;
      job: {
        prompts: components['schemas']['Prompt'][];
        /** @description Default: the server’s default pack. */
        pack?: components['schemas']['PackId'] | undefined;
        /**
         * @description Default: the first modality of the pack.
         * @enum {string}
         */
        modality?: ('ct' | 'mr' | 'us' | 'pet' | 'em' | 'lightsheet') | undefined;
        outputs: components['schemas']['OutputOptionsOutput'];
        options: components['schemas']['JobOptionsOutput'];
        /**
         * @default batch
         * @enum {string}
         */
        lane: 'interactive' | 'batch';
        /**
         * @description Your own keys, at most 64, given back with the job. No patient identifiers.
         * @default {}
         */
        metadata: {
          [key: string]: string;
        };
        /**
         * @description How the job is called in lists; found by search. No patient identifiers.
         * @example Pilot 3, baseline
         */
        title?: string | undefined;
        /** @description To find the job by, at most 16. No patient identifiers. */
        tags?: string[] | undefined;
      };
      /**
       * @description Objects that come within this time of the first become one batch. `0s`, or none: a job for each.
       * @example 30s
       */
      batchWindow?: string | undefined;
      enabled: boolean;
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      since: string;
      /**
       * @description The key in whose name it acts was revoked, has expired or cannot be read: nothing is done.
       * @enum {string}
       */
      stopped?: ('revoked' | 'expired' | 'unreadable') | undefined;
    };
    RuleList: {
      rules: components['schemas']['Rule'][];
    };
    RefusalList: {
      refusals: {
        /** Format: date-time */
        at: string;
        /**
         * @description An object in storage; with a slash at the end, a folder with a DICOM series.
         * @example s3://scans/study-1/ct.nii.gz
         */
        uri: string;
        /**
         * @description Code of the problem.
         * @example nifti-not-nifti
         */
        code: string;
        detail: string;
      }[];
    };
    EventReceipt: {
      format: string;
      /** @description New jobs. */
      started: number;
      /** @description Objects that will be part of their rule’s next batch. */
      waiting: number;
      /** @description Objects of this version that were taken already. */
      repeated: number;
      /** @description Objects that can make no job; logged and listed with their rule. */
      refused: number;
      /** @description Not for any rule: removals, folder markers, other keys, own results. */
      ignored: number;
    };
    WebhookWithSecret: {
      /** Format: uuid */
      id: string;
      /** Format: uri */
      url: string;
      events: ('job.completed' | 'job.failed' | 'job.canceled' | 'batch.finished')[];
      name?: string | undefined;
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      disabledAt?: string | undefined;
      /**
       * @description The key in whose name it acts was revoked, has expired or cannot be read: nothing is done.
       * @enum {string}
       */
      stopped?: ('revoked' | 'expired' | 'unreadable') | undefined;
      secret: string;
    };
    WebhookList: {
      webhooks: components['schemas']['Webhook'][];
    };
    Webhook: {
      /** Format: uuid */
      id: string;
      /** Format: uri */
      url: string;
      events: ('job.completed' | 'job.failed' | 'job.canceled' | 'batch.finished')[];
      name?: string | undefined;
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      disabledAt?: string | undefined;
      /**
       * @description The key in whose name it acts was revoked, has expired or cannot be read: nothing is done.
       * @enum {string}
       */
      stopped?: ('revoked' | 'expired' | 'unreadable') | undefined;
    };
    WebhookDeliveryList: {
      deliveries: components['schemas']['WebhookDelivery'][];
    };
    WebhookDelivery: {
      /** @description The `webhook-id` of every attempt. */
      id: string;
      event: components['schemas']['WebhookEvent'];
      /** @enum {string} */
      status: 'due' | 'delivered' | 'failed';
      /** Format: date-time */
      dueSince: string;
      attempts: {
        /** Format: date-time */
        at: string;
        durationMs: number;
        /** @description HTTP status, where there was an answer. */
        status?: number | undefined;
        error?: string | undefined;
      }[];
    };
    WebhookEvent:
      | {
          /** @enum {string} */
          type: 'job.completed' | 'job.failed' | 'job.canceled';
          /** Format: date-time */
          timestamp: string;
          data: {
            /**
             * Format: uuid
             * @description Identifies a job; sorts by the time of submission.
             */
            jobId: string;
            run: number;
            /** @enum {string} */
            status: 'waiting' | 'running' | 'completed' | 'failed' | 'canceled';
            problemCode?: string | undefined;
            metadata: {
              [key: string]: string;
            };
          };
        }
      | {
          /** @constant */
          type: 'batch.finished';
          /** Format: date-time */
          timestamp: string;
          data: {
            /** Format: uuid */
            batchId: string;
            /** @enum {string} */
            status: 'running' | 'paused' | 'canceled' | 'stopped' | 'completed';
            completed: number;
            failed: number;
            canceled: number;
            metadata: {
              [key: string]: string;
            };
          };
        };
    PackList: {
      packs: components['schemas']['PackSummary'][];
    };
    PackSummary: {
      id: components['schemas']['PackId'];
      version: string;
      title: string;
      description: string;
      /** @enum {string} */
      kind: 'label-map' | 'promptable-slices';
      modalities: ('ct' | 'mr' | 'us' | 'pet' | 'em' | 'lightsheet')[];
      licence: string;
      citation?: string | undefined;
      intendedUse: string;
      demonstration: boolean;
      /** @description Used by jobs that name no pack. */
      default: boolean;
      targets: {
        name: string;
        /** @enum {string} */
        side?: ('left' | 'right') | undefined;
        /**
         * @description Other names that a prompt may give it.
         * @default []
         */
        synonyms: string[];
        /** @description In which it is shown, `#rrggbb`; else one by label number. */
        colour?: string | undefined;
      }[];
    };
    TaskList: {
      tasks: components['schemas']['Task'][];
      /** @description How many there are without the limit. */
      total: number;
      notice: string;
    };
    Task: {
      /** @description Without a side: `hippocampus`, not `left hippocampus`. */
      name: string;
      /**
       * @description Absent where the target has none, or both sides are one.
       * @enum {string}
       */
      side?: ('left' | 'right') | undefined;
      /**
       * @description Other names; the same one on several targets names them as a group.
       * @default []
       */
      synonyms: string[];
      /** @description How many connected parts the target has: of its mask the largest stay. Absent or 0: all. A prompt may say otherwise. */
      keepLargest?: number | undefined;
      /** @description Connected parts of its mask of less than so many millilitres go. Absent or 0: none. A prompt may say otherwise. */
      removeBelowMl?: number | undefined;
      /**
       * @description Imaging modality: CT, MR, ultrasound, PET, electron microscopy or light-sheet microscopy.
       * @enum {string}
       */
      modality: 'ct' | 'mr' | 'us' | 'pet' | 'em' | 'lightsheet';
      /**
       * @description Part of the body or kind of finding.
       * @example abdomen and pelvis
       */
      group: string;
      /**
       * @description Name with its side, as a prompt.
       * @example left kidney
       */
      prompt: string;
      /** @description CT only. */
      window?: components['schemas']['CtWindow'] | undefined;
    };
    /**
     * @description Range of Hounsfield units in which a target is seen best.
     * @enum {string}
     */
    CtWindow: 'soft-tissue' | 'lung' | 'brain' | 'bone';
    /** @description A row each: JSON with the label map (.nii.gz in base64), labels 1 to n. */
    ScoreAnswer: {
      /** @example {"data": "H4sIAAAA…"} */
      nifti_file: string;
    }[];
    ScoreAccepted: {
      jobs: {
        /** Format: uuid */
        id: string;
        url: string;
      }[];
    };
    BatchFailures: {
      /** @description Failed items looked at, from the first of the batch on. */
      examined: number;
      /** @description Failed items of the batch; above `examined` the groups are a sample. */
      failed: number;
      groups: {
        /** @enum {string} */
        code:
          | 'request-invalid'
          | 'unauthorized'
          | 'forbidden'
          | 'not-found'
          | 'method-not-allowed'
          | 'input-not-allowed'
          | 'idempotency-conflict'
          | 'state-conflict'
          | 'purged'
          | 'payload-too-large'
          | 'body-too-slow'
          | 'unsupported-media-type'
          | 'event-unknown'
          | 'event-signature-invalid'
          | 'events-incomplete'
          | 'webhook-url-refused'
          | 'prompt-unknown'
          | 'pack-unknown'
          | 'modality-unsupported'
          | 'volume-missing'
          | 'volume-changed'
          | 'volume-too-large'
          | 'volume-not-3d'
          | 'nifti-not-nifti'
          | 'nifti-header-invalid'
          | 'nifti-datatype-unsupported'
          | 'nifti-pair-unsupported'
          | 'nifti-affine-invalid'
          | 'nifti-truncated'
          | 'nifti-trailing-data'
          | 'nrrd-invalid'
          | 'npz-invalid'
          | 'npz-too-large'
          | 'pickle-refused'
          | 'gzip-corrupt'
          | 'gzip-too-large'
          | 'labels-invalid'
          | 'geometry-mismatch'
          | 'archive-invalid'
          | 'archive-too-large'
          | 'dicom-no-images'
          | 'dicom-several-series'
          | 'dicom-invalid'
          | 'dicom-truncated'
          | 'dicom-unsupported'
          | 'dicom-slices-missing'
          | 'dicom-geometry'
          | 'pack-invalid'
          | 'pack-checksum'
          | 'pack-graph-refused'
          | 'pack-import-failed'
          | 'pack-unavailable'
          | 'engine-unsupported'
          | 'blob-missing'
          | 'blob-exists'
          | 'blob-changed'
          | 'blob-key-invalid'
          | 'blob-range-invalid'
          | 'blob-archived'
          | 'bucket-missing'
          | 'storage-denied'
          | 'storage-credentials'
          | 'storage-wrong-region'
          | 'storage-unsafe'
          | 'record-invalid'
          | 'storage-full'
          | 'storage-unavailable'
          | 'quota-exceeded'
          | 'storage-quota-exceeded'
          | 'queue-full'
          | 'still-running'
          | 'service-unavailable'
          | 'queue-unavailable'
          | 'disk-full'
          | 'machine-short'
          | 'output-mismatch'
          | 'child-crashed'
          | 'child-stalled'
          | 'memory-cap'
          | 'deadline-exceeded'
          | 'inference-failed'
          | 'worker-lost'
          | 'worker-draining'
          | 'canceled'
          | 'config-invalid'
          | 'dependency-missing'
          | 'internal';
        title: string;
        /** @enum {string} */
        retry: 'never' | 'later';
        count: number;
        examples: {
          ordinal: number;
          /**
           * @description An object in storage; with a slash at the end, a folder with a DICOM series.
           * @example s3://scans/study-1/ct.nii.gz
           */
          uri: string;
          /** Format: uuid */
          jobId: string;
          detail: string;
        }[];
      }[];
    };
    Usage: {
      tenant: string;
      /** @description Counted as it changes, and again from storage at every walk. */
      bytes: {
        uploads: number;
        /** @description Outputs of jobs, reports and derivatives of batches. */
        results: number;
        /** @description Uploads that are under way. */
        arriving: number;
        total: number;
      };
      /** @description Null where there is no limit. */
      quotaBytes: number | null;
      /**
       * Format: date-time
       * @description When all that is stored was last counted; absent while that has still to happen.
       */
      countedAt?: string | undefined;
      /** @description How long an upload stays that no job, batch or rule names. */
      uploadsKeptSeconds: number;
      /** @description Age at which ended jobs and batches are removed; null where they stay. */
      retentionSeconds: number | null;
    };
    Session: {
      keyId: string;
      /** @description Of the key. */
      name: string;
      tenant: string;
      scopes: string[];
      /**
       * Format: date-time
       * @description Absent where a key was shown in place of a session.
       */
      expiresAt?: string | undefined;
    };
    ServiceStatus: {
      software: {
        version: string;
        commit?: string | undefined;
      };
      readiness: components['schemas']['Readiness'];
      /** @description Absent while Redis does not answer. */
      queue?:
        | {
            /** @description Handed to the workers, not yet taken. */
            waiting: number;
            active: number;
            /** @description Waiting for another attempt. */
            delayed: number;
            /** @description Jobs of all tenants that wait to be fed. */
            pending: {
              interactive: number;
              batch: number;
            };
          }
        | undefined;
      /** @description Whether some api process feeds the queue. */
      feeder: {
        leading: boolean;
      };
      workers: {
        id: string;
        host: string;
        slots: number;
        device: string;
        packs: string[];
        startedAt: string;
        draining: boolean;
        /** @description What is wrong with its surroundings. It takes no jobs until all but packs are well. */
        troubles: {
          /** @description `disk`, `machine`, `storage`, or `pack:<id>`. */
          part: string;
          code: string;
          detail: string;
          since: string;
        }[];
      }[];
      /** @description Records of the service in storage that cannot be read and are passed over; `parse3d doctor` names them. */
      unreadableRecords?: number | undefined;
      storage: {
        /** @enum {string} */
        scheme: 's3' | 'local';
        bucket: string;
      };
      redis: {
        version?: string | undefined;
        usedBytes?: number | undefined;
      };
    };
    Readiness: {
      ready: boolean;
      checks: {
        [key: string]: {
          ok: boolean;
          detail?: string | undefined;
        };
      };
      warnings: string[];
    };
    OutputOptionsOutput: {
      /**
       * @description labels.nii.gz and labels.json
       * @default true
       */
      labels: boolean;
      /**
       * @description mask-<label>.nii.gz for every prompt
       * @default false
       */
      masks: boolean;
      /**
       * @description prob-<label>.nii.gz for every prompt; uint8 is scaled by 1/255
       * @default none
       * @enum {string}
       */
      probabilities: 'none' | 'uint8' | 'float32';
      /**
       * @description labels.npz: `segs` (z, y, x) and `spacing`, as the segmentation challenge wants it
       * @default false
       */
      npz: boolean;
      /**
       * @description preview.png: three mid-planes with outlines
       * @default true
       */
      preview: boolean;
      /** @description findings.csv, and the measures of every finding in the manifest: surface, diameter, place, intensities, parts. Default: true. */
      findings?: boolean | undefined;
      /** @description volume.nii.gz: the voxels of the input as they were read, on the grid of the label map, without anything else of its header. The NIfTI conversion of a DICOM series or an .npz, and a clean copy of a NIfTI. Default: false. */
      volume?: boolean | undefined;
      /** @description rtstruct.dcm: a DICOM RT Structure Set with a closed contour a slice and part; for DICOM input. It repeats the patient and study of the images. Where it cannot be written the job completes with a warning. Default: false. */
      rtstruct?: boolean | undefined;
      /** @description mesh-<label>.stl and mesh-<label>.glb for every prompt that was found: its smooth, closed surface in RAS millimetres. Default: false. */
      meshes?: boolean | undefined;
      /** @description labels.seg.nrrd: the label map with names, colours and codes for 3D Slicer. Default: false. */
      segNrrd?: boolean | undefined;
      /** @description segmentation.dcm: a DICOM Segmentation object with coded terms; for DICOM input. It repeats the patient and study of the images, as the standard asks. Where it cannot be written the job completes with a warning. Default: false. */
      dicomSeg?: boolean | undefined;
      /** @description With dicomSeg: a segment per object for prompts that ask for instances, up to 100 in all; beyond that a segment per prompt and a warning. Default: false. */
      dicomSegInstances?: boolean | undefined;
    };
    JobOptionsOutput: {
      /** @default 0 */
      seed: number;
      /** @description Longest time that computing may take in one attempt. Default: the server’s. */
      deadlineSeconds?: number | undefined;
      /**
       * @description Promptable packs: how masks come back to the volume’s grid. `reference` (default) takes the nearest pixel, as the published code does; `smooth` interpolates probabilities. A pack that resamples the volume always interpolates.
       * @enum {string}
       */
      resample?: ('reference' | 'smooth') | undefined;
      /**
       * @description Promptable packs: `full` (default) runs every slice; `adaptive` skips constant slices, looks at every fourth slice and then only around those that show a target. Targets thinner than four slices can be missed.
       * @enum {string}
       */
      schedule?: ('full' | 'adaptive') | undefined;
      /** @description Promptable packs that sample at random: how many seeds are averaged, from `seed` on. Default 1; the decoder’s time grows with it. */
      samples?: number | undefined;
      /**
       * @description Promptable packs: `longest` pads every prompt to the longest of the job; `isolated` runs each at its own length, so that no prompt changes another’s mask. Default: the pack’s.
       * @enum {string}
       */
      promptPadding?: ('longest' | 'isolated') | undefined;
      /**
       * @description Promptable packs: which of several prompts that claim a voxel the label map shows. `most-probable` is the published rule; `most-specific` shows the target with the smallest mask, so that a brain does not hide its hippocampus. Default: the pack’s.
       * @enum {string}
       */
      overlap?: ('most-probable' | 'most-specific') | undefined;
      /** @description DICOM series that hold several volumes (b-values, echoes, times): which of them, from 1. Without it such a series is refused, and the problem lists its volumes. */
      volume?: number | undefined;
      /**
       * @description DICOM images of a tilted gantry: `refuse` (default), or `correct`, which resamples them onto an upright grid.
       * @enum {string}
       */
      tilt?: ('refuse' | 'correct') | undefined;
      /**
       * @description DICOM images at unequal distances: `refuse` (default), or `resample` to equal ones, where no gap is larger than expected by more than half.
       * @enum {string}
       */
      spacing?: ('refuse' | 'resample') | undefined;
      /** @description How intensities are prepared, in place of the pack’s own rule. For volumes unlike those it was made for. */
      intensity?:
        | (
            | {
                /** @constant */
                kind: 'none';
              }
            | {
                /** @constant */
                kind: 'min-max';
                /** @description Least and greatest value that the model sees. */
                range: [number, number];
              }
            | {
                /** @constant */
                kind: 'window';
                width: number;
                level: number;
                /** @description Least and greatest value that the model sees. */
                range: [number, number];
              }
            | {
                /** @constant */
                kind: 'percentile';
                low: number;
                high: number;
                /**
                 * @description Voxels that are counted: all, or those above 0.
                 * @enum {string}
                 */
                of: 'all' | 'positive';
                /** @description Least and greatest value that the model sees. */
                range: [number, number];
              }
            | {
                /** @constant */
                kind: 'z-score';
                /**
                 * @description Voxels that are counted: all, those above 0, or those that are not 0, which alone are changed then.
                 * @enum {string}
                 */
                of: 'all' | 'positive' | 'nonzero';
              }
            | {
                /** @constant */
                kind: 'clip-z-score';
                low: number;
                high: number;
                mean: number;
                std: number;
              }
            | {
                /** @constant */
                kind: 'biomedparse';
              }
          )
        | undefined;
      /** @description CT window in Hounsfield units for all prompts of the job. Default: chosen per prompt. */
      window?:
        | {
            width: number;
            level: number;
          }
        | undefined;
      /** @description Which volume of a 4D NIfTI, from 1 (nibabel and FSL count from 0). Without it a file of several is refused. */
      frame?: number | undefined;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  listVolumes: {
    parameters: {
      query?: {
        /** @description A folder in storage; without it the places that the key may read. */
        under?: string | undefined;
        /** @description `next` of the page before. */
        after?: string | undefined;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Folders and volumes. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['VolumeListing'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  uploadVolume: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/octet-stream': string;
        'application/gzip': string;
        'application/zip': string;
      };
    };
    responses: {
      /** @description Stored; `uri` is what a job refers to. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['UploadedVolume'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body comes too slowly. */
      408: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The content type is not understood. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Volume, prompts, pack or modality cannot be used. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  removeVolume: {
    parameters: {
      query: {
        /** @description An object in storage; with a slash at the end, a folder with a DICOM series. */
        uri: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It is removed. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RemovedVolume'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The upload was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The upload was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listJobs: {
    parameters: {
      query?: {
        status?: ('waiting' | 'running' | 'completed' | 'failed' | 'canceled') | undefined;
        /** @description Words that all have to stand in the title, a tag, a prompt, the pack or the last part of the input’s URI, or begin the id. Upper and lower case are alike. */
        q?: string | undefined;
        pack?: components['schemas']['PackId'] | undefined;
        /** @description Exactly this tag. */
        tag?: string | undefined;
        /** @description Jobs of this volume. */
        input?: string | undefined;
        /** @description Submitted at this time or later. */
        since?: string | undefined;
        /** @description Submitted earlier than this. */
        before?: string | undefined;
        limit?: number | undefined;
        /** @description `next` of the page before. */
        cursor?: string | undefined;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['JobPage'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  submitJob: {
    parameters: {
      query?: never;
      header?: {
        /** @description A repeated request under the same key finds the first one’s job, at any time. */
        'idempotency-key'?: string | undefined;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['SubmitJob'];
      };
    };
    responses: {
      /** @description Accepted. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body comes too slowly. */
      408: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state does not allow it, or the idempotency key was used for something else. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Volume, prompts, pack or modality cannot be used. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The tenant has used up its quota. Try again later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getJob: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Identifies a job; sorts by the time of submission. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The job, live or from its manifest. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  cancelJob: {
    parameters: {
      query?: {
        /** @description Remove a job that has ended, with its outputs and its record, instead of canceling it. */
        purge?: ('true' | 'false') | undefined;
      };
      header?: never;
      path: {
        /** @description Identifies a job; sorts by the time of submission. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It is removed. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Purged'];
        };
      };
      /** @description It stops within seconds. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state does not allow it, or the idempotency key was used for something else. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  retryJob: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Identifies a job; sorts by the time of submission. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A new run of the same job. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state does not allow it, or the idempotency key was used for something else. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  watchJob: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Identifies a job; sorts by the time of submission. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Events. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/event-stream': components['schemas']['JobEvent'];
        };
      };
      /** @description The job has ended, and nothing comes after `Last-Event-ID`. */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key holds too many streams open. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getManifest: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Identifies a job; sorts by the time of submission. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description What was done and found. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Manifest'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state does not allow it, or the idempotency key was used for something else. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getOutput: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Identifies a job; sorts by the time of submission. */
        id: string;
        name: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The file. Byte ranges are served. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/octet-stream': string;
        };
      };
      /** @description One range of bytes. */
      206: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/octet-stream': string;
        };
      };
      /** @description The client has this version. */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description A short-lived URL of the store, where the server is set up so. */
      307: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job or output was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state does not allow it, or the idempotency key was used for something else. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job or output was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The range lies outside the file. */
      416: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getArchive: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Identifies a job; sorts by the time of submission. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The zip file. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/zip': string;
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state does not allow it, or the idempotency key was used for something else. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getFindings: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Identifies a job; sorts by the time of submission. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The table. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/csv': string;
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state does not allow it, or the idempotency key was used for something else. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listLinks: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Identifies a job; sorts by the time of submission. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Links that were not revoked. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['LinkList'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  createLink: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Identifies a job; sorts by the time of submission. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['CreateLink'];
      };
    };
    responses: {
      /** @description Made. The token is seen here alone. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['NewLink'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body comes too slowly. */
      408: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The content type is not understood. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The tenant has used up its quota. Try again later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  revokeLink: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Identifies a job; sorts by the time of submission. */
        id: string;
        linkId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It is revoked. */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job or link was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job or link was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getInput: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Identifies a job; sorts by the time of submission. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The file. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/octet-stream': string;
        };
      };
      /** @description One range of bytes. */
      206: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/octet-stream': string;
        };
      };
      /** @description The client has this version. */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The range lies outside the file. */
      416: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Volume, prompts, pack or modality cannot be used. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listBatches: {
    parameters: {
      query?: {
        limit?: number | undefined;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Batches. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['BatchList'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  submitBatch: {
    parameters: {
      query?: never;
      header?: {
        /** @description A repeated request under the same key finds the first one’s batch, at any time. */
        'idempotency-key'?: string | undefined;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['SubmitBatch'];
      };
    };
    responses: {
      /** @description A dry run. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['BatchSize'];
        };
      };
      /** @description Accepted. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Batch'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body comes too slowly. */
      408: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state does not allow it, or the idempotency key was used for something else. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Volume, prompts, pack or modality cannot be used. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The tenant has used up its quota. Try again later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getBatch: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Counters that add up at every moment. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Batch'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  purgeBatch: {
    parameters: {
      query: {
        /** @description Has to be said: what is removed cannot be brought back. */
        purge: 'true';
      };
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It is removed. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Purged'];
        };
      };
      /** @description Nobody can see it any more; the last of its objects are still being removed. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Purged'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state does not allow it, or the idempotency key was used for something else. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listBatchItems: {
    parameters: {
      query?: {
        status?: ('open' | 'completed' | 'failed' | 'canceled') | undefined;
        /** @description `next` of the page before. */
        from?: number | undefined;
        limit?: number | undefined;
      };
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page, in the order of the source. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['BatchItemPage'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state does not allow it, or the idempotency key was used for something else. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  pauseBatch: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The batch as it stands now. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Batch'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state does not allow it, or the idempotency key was used for something else. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  resumeBatch: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The batch as it stands now. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Batch'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state does not allow it, or the idempotency key was used for something else. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  cancelBatch: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The batch as it stands now. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Batch'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state does not allow it, or the idempotency key was used for something else. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  retryFailedItems: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['RetryFailed'];
      };
    };
    responses: {
      /** @description The batch as it stands now. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Batch'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body comes too slowly. */
      408: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state does not allow it, or the idempotency key was used for something else. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The content type is not understood. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getBatchReport: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
        name: 'results.jsonl' | 'failures.jsonl' | 'summary.csv';
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The report, once the batch has ended. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/octet-stream': string;
        };
      };
      /** @description One range of bytes. */
      206: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/octet-stream': string;
        };
      };
      /** @description The client has this version. */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch or report was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch or report was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The range lies outside the file. */
      416: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listMarks: {
    parameters: {
      query?: {
        /** @description `next` of the page before. */
        after?: number | undefined;
        limit?: number | undefined;
      };
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page, in the order of the batch. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['MarkPage'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  markItem: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['MarkItem'];
      };
    };
    responses: {
      /** @description The mark. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ItemMark'];
        };
      };
      /** @description It is taken back. */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body comes too slowly. */
      408: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getMarksTable: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The table. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/csv': string;
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listDerivative: {
    parameters: {
      query?: {
        /** @description `next` of the page before. */
        after?: string | undefined;
        limit?: number | undefined;
      };
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page, by path. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['DerivativePage'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state does not allow it, or the idempotency key was used for something else. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getDerivativeFile: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
        path: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The file. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/octet-stream': string;
        };
      };
      /** @description One range of bytes. */
      206: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/octet-stream': string;
        };
      };
      /** @description The client has this version. */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch or file was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state does not allow it, or the idempotency key was used for something else. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch or file was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The range lies outside the file. */
      416: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listRules: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Rules. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RuleList'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  createRule: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['CreateRule'];
      };
    };
    responses: {
      /** @description Made; it takes what comes from now on. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Rule'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body comes too slowly. */
      408: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Volume, prompts, pack or modality cannot be used. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The tenant has used up its quota. Try again later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getRule: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The rule. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Rule'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The rule was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The rule was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  deleteRule: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Removed. */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The rule was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The rule was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  changeRule: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['ChangeRule'];
      };
    };
    responses: {
      /** @description The rule as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Rule'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The rule was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body comes too slowly. */
      408: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The rule was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Volume, prompts, pack or modality cannot be used. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listRefusals: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The last hundred of a week, the latest first. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RefusalList'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The rule was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The rule was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  storageEvent: {
    parameters: {
      query?: {
        /** @description The token, for senders that can set no header. */
        token?: string | undefined;
      };
      header?: {
        'x-parse3d-token'?: string | undefined;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          [key: string]: unknown;
        };
      };
    };
    responses: {
      /** @description Everything in it has its job or waits for its batch, was refused for good, or concerns no rule. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['EventReceipt'];
        };
      };
      /** @description The form is unknown. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Not the token of storage events. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The envelope is not signed by Amazon SNS. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description This server takes no storage events. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body comes too slowly. */
      408: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something in it could not be taken. Send it again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listWebhooks: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Webhooks. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['WebhookList'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  createWebhook: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['CreateWebhook'];
      };
    };
    responses: {
      /** @description Made. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['WebhookWithSecret'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body comes too slowly. */
      408: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Volume, prompts, pack or modality cannot be used. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The tenant has used up its quota. Try again later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getWebhook: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The webhook. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Webhook'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The webhook was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The webhook was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  deleteWebhook: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Removed. */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The webhook was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The webhook was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  rotateWebhookSecret: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description With the new secret. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['WebhookWithSecret'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The webhook was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The webhook was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listDeliveries: {
    parameters: {
      query?: {
        limit?: number | undefined;
      };
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Deliveries and their attempts. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['WebhookDeliveryList'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The webhook was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The webhook was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  replayDelivery: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
        deliveryId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It is due again, under the same id. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['WebhookDelivery'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The webhook or delivery was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state does not allow it, or the idempotency key was used for something else. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The webhook or delivery was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listPacks: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Packs and their targets. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['PackList'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  searchTasks: {
    parameters: {
      query?: {
        modality?: ('ct' | 'mr' | 'us' | 'pet' | 'em' | 'lightsheet') | undefined;
        /** @description What has been typed of a prompt. */
        q?: string | undefined;
        limit?: number | undefined;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Tasks, the likeliest first. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['TaskList'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  score: {
    parameters: {
      query?: {
        /** @description Default: the server’s default pack. */
        pack?: components['schemas']['PackId'] | undefined;
        /** @description Default: what the prompts say (`… in abdominal CT`), else the first modality of the pack. */
        modality?: ('ct' | 'mr' | 'us' | 'pet' | 'em' | 'lightsheet') | undefined;
      };
      header?: {
        /** @description `respond-async`: answer 202 at once, with the jobs. */
        prefer?: string | undefined;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['ScoreRequest'];
      };
    };
    responses: {
      /** @description The label maps, row by row. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ScoreAnswer'];
        };
      };
      /** @description Accepted; each job is followed under its URL. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ScoreAccepted'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The body comes too slowly. */
      408: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state does not allow it, or the idempotency key was used for something else. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description A volume is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The content type is not understood. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Volume, prompts, pack or modality cannot be used. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The tenant has used up its quota. Try again later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description It takes longer than the server waits; `jobs` says where it goes on. */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  readVolume: {
    parameters: {
      query: {
        /** @description An object in storage; with a slash at the end, a folder with a DICOM series. */
        uri: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The file. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/octet-stream': string;
        };
      };
      /** @description One range of bytes. */
      206: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/octet-stream': string;
        };
      };
      /** @description The client has this version. */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The range lies outside the file. */
      416: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Volume, prompts, pack or modality cannot be used. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  batchFailures: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Groups, the commonest first. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['BatchFailures'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch was not found, or belongs to another tenant. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state does not allow it, or the idempotency key was used for something else. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The batch was removed by its owner, or at the end of its retention. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  storedBytes: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Bytes and times. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Usage'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getSession: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The key behind the session, or the key itself. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Session'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  openSession: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Signed in. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Session'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  closeSession: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The session opens nothing any more. */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description It is not a page of this server that asks. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  serviceStatus: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The service as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ServiceStatus'];
        };
      };
      /** @description The request does not have the expected form. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No valid API key. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The key lacks the scope or may not read the volume. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Redis or the storage is away, or the storage is full; nothing was accepted. Try again. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  health: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It does. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
    };
  };
  readiness: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Ready. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Readiness'];
        };
      };
      /** @description Not ready, and why. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Readiness'];
        };
      };
    };
  };
}
