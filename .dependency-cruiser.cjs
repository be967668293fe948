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
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'shared-is-the-ground-floor',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: '^(engine|services|cli|test|bench)/' },
    },
    {
      name: 'engine-stands-on-shared',
      severity: 'error',
      comment: 'The engine segments one volume with no queue and no network.',
      from: { path: '^engine/(src|dist)' },
      to: { path: '^(services|cli|test|bench)/|^shared/(src|dist)/(queue|storage)/' },
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
      name: 'clients-stand-alone',
      severity: 'error',
      comment: 'A client is used where nothing else of the house is; it knows the OpenAPI document alone.',
      from: { path: '^clients/' },
      to: { path: '^(shared|engine|services|cli|test|bench)/' },
    },
    // Inside shared: problems is under everything; geometry <- formats; geometry <- contract <- queue; storage and
    // telemetry apart.
    {
      name: 'shared-problems-imports-nothing',
      severity: 'error',
      from: { path: '^shared/src/problems/' },
      to: { path: '^shared/src/', pathNot: '^shared/src/problems/' },
    },
    {
      name: 'shared-geometry',
      severity: 'error',
      from: { path: '^shared/src/geometry/' },
      to: { path: '^shared/src/', pathNot: '^shared/src/(geometry|problems)/' },
    },
    {
      name: 'shared-formats',
      severity: 'error',
      from: { path: '^shared/src/formats/' },
      to: { path: '^shared/src/', pathNot: '^shared/src/(formats|geometry|problems)/' },
    },
    {
      name: 'shared-storage',
      severity: 'error',
      from: { path: '^shared/src/storage/' },
      to: { path: '^shared/src/', pathNot: '^shared/src/(storage|problems)/' },
    },
    {
      name: 'shared-contract',
      severity: 'error',
      from: { path: '^shared/src/contract/' },
      to: { path: '^shared/src/', pathNot: '^shared/src/(contract|geometry|problems)/' },
    },
    {
      name: 'shared-packs',
      severity: 'error',
      from: { path: '^shared/src/packs/' },
      to: { path: '^shared/src/', pathNot: '^shared/src/(packs|contract|problems)/' },
    },
    {
      name: 'shared-queue',
      severity: 'error',
      from: { path: '^shared/src/queue/' },
      to: { path: '^shared/src/', pathNot: '^shared/src/(queue|contract|storage|telemetry|problems)/' },
    },
    {
      name: 'shared-telemetry',
      severity: 'error',
      from: { path: '^shared/src/telemetry/' },
      to: { path: '^shared/src/', pathNot: '^shared/src/(telemetry|problems)/' },
    },
    {
      name: 'testing-is-for-tests',
      severity: 'error',
      from: { path: '^(shared|engine|services|cli)/src/', pathNot: '^shared/src/testing/' },
      to: { path: '^shared/(src|dist)/testing/' },
    },
    only(
      'only-onnx-ts-knows-the-runtime',
      'onnxruntime-node',
      '^engine/src/engines/onnx\\.ts$',
      'One door to ONNX Runtime.',
    ),
    only('only-s3-ts-knows-aws', '@aws-sdk', '^shared/src/storage/s3\\.ts$', 'One door to the AWS SDK.'),
    only(
      'only-the-queue-knows-bullmq',
      'bullmq',
      '^shared/src/queue/|^services/worker/src/processor\\.ts$',
      'One door to BullMQ.',
    ),
    only(
      'only-telemetry-knows-opentelemetry',
      '(@opentelemetry|bullmq-otel)',
      '^shared/src/telemetry/',
      'Its interface is all that others see of tracing.',
    ),
    only('only-the-api-knows-express', 'express', '^services/api/', 'One door to Express.'),
    only(
      'only-the-header-knows-nifti-reader',
      'nifti-reader-js',
      '^shared/src/formats/',
      'Its faults stay behind our checks.',
    ),
    only(
      'only-dicom-knows-its-parser',
      'dicom-parser',
      '^shared/src/formats/dicom/parse\\.ts$',
      'One door to the parser.',
    ),
    only(
      'only-dicom-knows-its-codecs',
      'dcmjs-codecs',
      '^shared/src/formats/dicom/codecs\\.ts$',
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
