/**
 * The house has four floors and imports only go down: shared; engine on it; services and cli on both; test and bench
 * on top, speaking HTTP, S3 and the command line. docs/architecture.md draws it.
 */
const only = (name, library, allowed, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: '^(shared|engine|services|cli)/', pathNot: allowed },
  to: { path: `node_modules/${library}/` },
});

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-cycles-between-folders',
      severity: 'error',
      comment: 'Of two rooms one stands on the other. Move what both need below them.',
      scope: 'folder',
      from: { path: '^(shared|engine|services|cli|clients)/' },
      to: { circular: true },
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'shared-is-the-ground-floor',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: '^(engine|services|cli|test|bench)/' },
    },
    {
      name: 'engine-stands-on-contract-and-volume',
      severity: 'error',
      comment: 'The engine segments one volume with no queue and no network.',
      from: { path: '^engine/(src|dist)' },
      to: { path: '^(services|cli|test|bench)/|^shared/(?!contract/|volume/)' },
    },
    {
      name: 'services-do-not-know-each-other',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/([^/]+)/', pathNot: '^services/$1/' },
    },
    {
      name: 'services-do-not-know-the-cli',
      severity: 'error',
      from: { path: '^services/' },
      to: { path: '^(cli|test|bench)/' },
    },
    {
      name: 'api-needs-no-engine',
      severity: 'error',
      from: { path: '^services/api/(src|dist)' },
      to: { path: '^engine/' },
    },
    {
      name: 'the-page-speaks-http',
      severity: 'error',
      comment:
        'The page knows the API by its published types and colours alone; nothing of a service runs in a browser.',
      from: { path: '^services/web/src/' },
      to: { path: '^(engine|cli|test|bench)/|^shared/(?!contract/)' },
    },
    {
      name: 'the-page-takes-types-alone',
      severity: 'error',
      comment: 'The schemas of the contract would bring their parser into the browser.',
      from: { path: '^services/web/src/' },
      to: { path: '^shared/contract/(src|dist)/(?!(palette|names)/)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'clients-stand-alone',
      severity: 'error',
      comment: 'A client is used where nothing else of the house is; it knows the OpenAPI document alone.',
      from: { path: '^clients/' },
      to: { path: '^(shared|engine|services|cli|test|bench)/' },
    },
    {
      name: 'only-the-cli-and-the-page-use-the-client',
      severity: 'error',
      comment: 'What lies below the HTTP API does not speak it.',
      from: { path: '^(shared|engine|services|cli|bench)/', pathNot: '^(cli|services/web)/' },
      to: { path: '^clients/' },
    },
    {
      name: 'http-goes-through-the-client',
      severity: 'error',
      comment: 'One client of the API: whoever needs more of it adds it there.',
      from: { path: '^(cli|services/web)/src/' },
      to: { path: 'node_modules/(undici|openapi-fetch|eventsource-parser)/' },
    },
    // Inside shared: contract and async are under everything; volume and storage on them; platform on storage; control on all but volume.
    {
      name: 'contract-and-async-import-nothing',
      severity: 'error',
      from: { path: '^shared/(contract|async)/src/' },
      to: { path: '^shared/', pathNot: '^shared/$1/' },
    },
    {
      name: 'volume-and-storage-stand-on-contract',
      severity: 'error',
      from: { path: '^shared/(volume|storage)/src/' },
      to: { path: '^shared/', pathNot: '^shared/($1|contract|async)/' },
    },
    {
      name: 'platform-stands-on-storage',
      severity: 'error',
      from: { path: '^shared/platform/src/' },
      to: { path: '^shared/', pathNot: '^shared/(platform|storage|contract|async)/' },
    },
    {
      name: 'control-needs-no-voxels',
      severity: 'error',
      from: { path: '^shared/control/src/' },
      to: { path: '^shared/(volume|testing)/' },
    },
    // ledger and live at the bottom; webhooks on them; jobs on webhooks; batches on jobs; feeding on all.
    {
      name: 'ledger-and-live-stand-by-themselves',
      severity: 'error',
      comment: 'What storage remembers and what Redis knows meet in the methods of Jobs, Batches and Webhooks alone.',
      from: { path: '^shared/control/src/(ledger|live)/' },
      to: { path: '^shared/control/src/', pathNot: '^shared/control/src/$1/' },
    },
    {
      name: 'jobs-know-no-batches',
      severity: 'error',
      from: { path: '^shared/control/src/(jobs|webhooks)/' },
      to: { path: '^shared/control/src/(batches|feeding)/' },
    },
    {
      name: 'only-control-is-seen',
      severity: 'error',
      comment: 'The index says what services may do with jobs and batches.',
      from: { path: '^(services|cli)/' },
      to: { path: '^shared/control/(src|dist)/', pathNot: '^shared/control/(src|dist)/index\\.' },
    },
    {
      name: 'problems-import-nothing',
      severity: 'error',
      from: { path: '^shared/contract/src/problems/' },
      to: { path: '^shared/', pathNot: '^shared/contract/src/problems/' },
    },
    {
      name: 'geometry-knows-no-formats',
      severity: 'error',
      from: { path: '^shared/volume/src/geometry/' },
      to: { path: '^shared/volume/src/formats/' },
    },
    {
      name: 'testing-is-for-tests',
      severity: 'error',
      from: { path: '^(shared|engine|services|cli)/.*src/', pathNot: '^shared/testing/' },
      to: { path: '^shared/testing/' },
    },
    only(
      'only-onnx-ts-knows-the-runtime',
      'onnxruntime-node',
      '^engine/src/engines/onnx\\.ts$',
      'One door to ONNX Runtime.',
    ),
    only(
      'only-s3-ts-and-sqs-ts-know-aws',
      '@aws-sdk',
      '^shared/storage/src/s3\\.ts$|^services/api/src/events/sqs\\.ts$',
      'One door to the AWS SDK for storage, and one for events that are pulled.',
    ),
    only(
      'only-live-and-the-processor-know-bullmq',
      'bullmq',
      '^shared/control/src/live/|^services/worker/src/processor\\.ts$',
      'One door to BullMQ.',
    ),
    only(
      'only-telemetry-knows-opentelemetry',
      '(@opentelemetry|bullmq-otel)',
      '^shared/platform/src/telemetry/',
      'Its interface is all that others see of tracing.',
    ),
    only(
      'only-the-scene-knows-niivue',
      '@niivue',
      '^services/web/src/viewer/scene\\.ts$',
      'One door to the viewer; it is large, and loaded when a volume is to be seen.',
    ),
    only('only-the-api-knows-express', 'express', '^services/api/', 'One door to Express.'),
    only(
      'only-the-header-knows-nifti-reader',
      'nifti-reader-js',
      '^shared/volume/src/formats/',
      'Its faults stay behind our checks.',
    ),
    only(
      'only-dicom-knows-its-parser',
      'dicom-parser',
      '^shared/volume/src/formats/dicom/parse\\.ts$',
      'One door to the parser.',
    ),
    only(
      'only-dicom-knows-its-codecs',
      'dcmjs-codecs',
      '^shared/volume/src/formats/dicom/codecs\\.ts$',
      'One door to the codecs.',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules|/dist/' },
    exclude: { path: '/dist/.*\\.map$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.eslint.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
