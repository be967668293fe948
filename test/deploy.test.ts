import { existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { apiEnvSchema, readApiConfig } from '@parse3d/api';
import { isProblemCode } from '@parse3d/contract/problems';
import { scratchFolder } from '@parse3d/testing';
import { readWorkerConfig, workerEnvSchema } from '@parse3d/worker';
import { composeEnv, composeServices, composeVariables } from './support/compose.js';
import {
  at,
  deployFolder,
  fieldsNamed,
  filesBelow,
  Node,
  quantityBytes,
  readEnvFile,
  readText,
  readYaml,
  repository,
  seconds,
} from './support/deploy-files.js';
import { KUBERNETES, OVERLAYS, reach, workload } from './support/kubernetes.js';
import { alertRules, codesIn, expressions } from './support/promql.js';

// Read and compared with the code, not run: there is neither Docker nor a cluster here. test/metrics.test.ts compares
// metrics and probes with running services.

/** Examples that somebody filled in to use them. */
const FILLED_IN = /^deploy\/(compose\/(\.env$|packs\/)|kubernetes\/secret\.yaml$)/;

const files = filesBelow(deployFolder)
  .map((file) => `deploy/${file}`)
  .filter((file) => !FILLED_IN.test(file));
const settings = new Set([...Object.keys(apiEnvSchema.shape), ...Object.keys(workerEnvSchema.shape), 'PARSE3D_COMMIT']);

/** What the services do beside draining before they end, from their own sources. */
const marginSeconds = (service: 'api' | 'worker'): number =>
  Number(/SHUTDOWN_MARGIN_MS = ([\d_]+)/.exec(readText(`services/${service}/src/main.ts`))?.[1]?.replaceAll('_', '')) /
  1_000;

test('every YAML and JSON file parses without a warning', () => {
  expect(files.filter((file) => /\.ya?ml$/.test(file)).flatMap(readYaml).length).toBeGreaterThan(20);
  for (const file of files.filter((name) => name.endsWith('.json'))) JSON.parse(readText(file));
});

test.each(files)('%s sets no variable that the services do not know', (file) => {
  const used = [...readText(file).matchAll(/\b(?:PARSE3D|OTEL)_[A-Z0-9_]*[A-Z0-9]\b/g)].map(([name]) => name);
  expect(used.filter((name) => !settings.has(name))).toEqual([]);
});

describe('the services accept the settings', () => {
  test('of Kubernetes', () => {
    expect(readApiConfig(workload('api').env)).toMatchObject({ PARSE3D_STORAGE: 's3', PARSE3D_API_HOST: '0.0.0.0' });
    expect(readWorkerConfig(workload('worker').env)).toMatchObject({ PARSE3D_DEVICE: 'cpu' });
    expect(readWorkerConfig(workload('worker', 'gpu').env)).toMatchObject({ PARSE3D_DEVICE: 'cuda:0' });
  });

  test('of compose', () => {
    const { api, worker, 'worker-gpu': gpu } = composeServices();
    expect(readApiConfig(composeEnv(api ?? {}))).toMatchObject({ PARSE3D_S3_ENDPOINT: 'http://storage:8333' });
    expect(readWorkerConfig(composeEnv(worker ?? {}))).toMatchObject({ PARSE3D_DEVICE: 'cpu' });
    expect(readWorkerConfig(composeEnv(gpu ?? {}))).toMatchObject({ PARSE3D_DEVICE: 'cuda:0' });
  });

  test('and compose asks for exactly what .env.example explains', () => {
    expect(composeVariables()).toEqual(Object.keys(readEnvFile('deploy/compose/.env.example')).sort());
  });
});

describe('a service that is told to stop gets the time that it needs', () => {
  test('in Kubernetes', () => {
    for (const overlay of OVERLAYS) {
      const { spec, env } = workload('worker', overlay);
      const drain = readWorkerConfig(env).PARSE3D_WORKER_DRAIN / 1_000;
      expect(spec['terminationGracePeriodSeconds']).toBeGreaterThan(drain + marginSeconds('worker'));
    }
    const { spec, container, env } = workload('api');
    const preStop = Number(at(container, 'lifecycle', 'preStop', 'exec', 'command', 1));
    const drain = readApiConfig(env).PARSE3D_API_DRAIN / 1_000;
    expect(spec['terminationGracePeriodSeconds']).toBeGreaterThan(preStop + drain + marginSeconds('api'));
  });

  test('in compose', () => {
    for (const [name, service] of Object.entries(composeServices())) {
      if (name.startsWith('worker')) {
        const drain = readWorkerConfig(composeEnv(service)).PARSE3D_WORKER_DRAIN / 1_000;
        expect(seconds(String(service['stop_grace_period']))).toBeGreaterThan(drain + marginSeconds('worker'));
      }
      if (name === 'api') {
        const drain = readApiConfig(composeEnv(service)).PARSE3D_API_DRAIN / 1_000;
        expect(seconds(String(service['stop_grace_period']))).toBeGreaterThan(drain + marginSeconds('api'));
      }
    }
  });
});

describe('a worker fits into what its container gets', () => {
  /** For the parent process, which holds no volumes. */
  const PARENT_BYTES = 1024 ** 3;

  const workers = [
    ...OVERLAYS.map((overlay) => {
      const { container, env } = workload('worker', overlay);
      const limits = at(container, 'resources', 'limits');
      return { where: `Kubernetes, ${overlay}`, env, memory: at(limits, 'memory'), cpus: at(limits, 'cpu') };
    }),
    ...['worker', 'worker-gpu'].map((name) => {
      const service = composeServices()[name] ?? {};
      const limits = at(service, 'deploy', 'resources', 'limits');
      return {
        where: `compose, ${name}`,
        env: composeEnv(service),
        memory: at(limits, 'memory'),
        cpus: at(limits, 'cpus'),
      };
    }),
  ];
  test.each(workers)('$where', ({ env, memory, cpus }) => {
    const config = readWorkerConfig(env);
    const children = config.PARSE3D_CHILD_MEMORY * config.PARSE3D_WORKER_SLOTS;
    expect(children + PARENT_BYTES).toBeLessThanOrEqual(quantityBytes(String(memory)));
    // Left out it would be the number of the machine's cores.
    expect(env).toHaveProperty('PARSE3D_THREADS');
    expect(config.PARSE3D_THREADS * config.PARSE3D_WORKER_SLOTS).toBeLessThanOrEqual(Number(cpus));
  });

  test('and its scratch holds the largest volume of every job in hand, twice', () => {
    const { spec, env } = workload('worker');
    const config = readWorkerConfig(env);
    const scratch = quantityBytes(String(at(spec, 'volumes', 0, 'emptyDir', 'sizeLimit')));
    expect(scratch).toBeGreaterThanOrEqual(2 * (config.PARSE3D_WORKER_SLOTS + 1) * config.PARSE3D_MAX_VOLUME_BYTES);
  });
});

describe('kustomize', () => {
  const reached = OVERLAYS.map((overlay) => reach(`${KUBERNETES}/overlays/${overlay}`));

  test('finds everything that it is told to use', () => {
    expect(reached.flatMap(({ missing }) => missing)).toEqual([]);
  });

  test('uses every file but the example of secrets', () => {
    const used = new Set(reached.flatMap(({ files: names }) => names));
    const unused = files.filter((file) => file.startsWith(KUBERNETES) && !used.has(file));
    expect(unused).toEqual([`${KUBERNETES}/secret.example.yaml`]);
  });

  const kubectl = spawnSync('kubectl', ['version', '--client']).status === 0;
  const name = 'builds every overlay';
  (kubectl ? test : test.skip)(kubectl ? name : `${name} (skipped: kubectl is not installed)`, () => {
    for (const overlay of OVERLAYS) {
      const path = join(repository, KUBERNETES, 'overlays', overlay);
      const built = spawnSync('kubectl', ['kustomize', path], { encoding: 'utf8' });
      expect(built).toMatchObject({ status: 0, stderr: '' });
      // The autoscaler decides how many workers there are.
      const worker = built.stdout
        .split('\n---\n')
        .find((text) => /kind: Deployment[^]*\n {2}name: parse3d-worker/.test(text));
      expect(worker).toContain(
        `image: registry.example.org/parse3d:${version()}-${overlay === 'gpu' ? 'cuda' : 'cpu'}`,
      );
      expect(worker).not.toContain('replicas:');
    }
  });
});

test('every pod runs without root, privileges, a writable root and a token of the cluster', () => {
  const pods = files
    .filter((file) => file.startsWith(`${KUBERNETES}/base`) || file.startsWith(`${KUBERNETES}/components`))
    .filter((file) => file.endsWith('.yaml'))
    .flatMap(readYaml)
    .flatMap((document) => at(document, 'spec', 'template', 'spec') ?? []);
  expect(pods).toHaveLength(3);
  for (const pod of pods) {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    });
  }
});

describe('every service of compose', () => {
  /** The profile `monitoring` runs images as their makers ship them. */
  const services = Object.entries(composeServices()).filter(([name]) => !['prometheus', 'grafana'].includes(name));

  test.each(services)('%s has no privileges, a read-only root and a bounded log', (name, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      logging: { options: { 'max-size': '50m' } },
    });
    // Whoever gives the volumes away must be root, reaches no network and ends.
    if (name === 'owners') {
      expect(service).toMatchObject({
        network_mode: 'none',
        restart: 'on-failure',
        cap_add: ['CHOWN', 'DAC_READ_SEARCH'],
      });
      return;
    }
    expect(service['cap_add']).toBeUndefined();
    // Our own images name their user themselves, which is tested below.
    if (!String(service['image']).startsWith('parse3d:'))
      expect(String(service['user'])).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  test.each(services.filter(([name]) => name !== 'bucket'))('%s has limits', (_name, service) => {
    const limits = Node.parse(at(service, 'deploy', 'resources', 'limits'));
    expect(quantityBytes(String(limits['memory']))).toBeGreaterThan(0);
    expect(Number(limits['cpus'])).toBeGreaterThan(0);
  });

  test('that is read-only takes no configuration that compose would have to write into it', () => {
    for (const [, service] of services) expect(service['configs']).toBeUndefined();
  });

  test('that keeps data gets volumes of its own user', () => {
    const all = composeServices();
    const given = String(at(all['owners'] ?? {}, 'command', 0));
    for (const name of ['redis', 'storage']) {
      const service = all[name] ?? {};
      expect(given).toContain(`chown -h ${String(service['user'])}`);
      expect(at(service, 'depends_on', 'owners', 'condition')).toBe('service_completed_successfully');
    }
  });

  test('storage is given keys that are JSON', () => {
    const [, , script] = z.array(z.string()).parse(at(composeServices()['storage'] ?? {}, 'entrypoint'));
    const [printing] = (script ?? '').replaceAll('$$', '$').split(' > /tmp/s3.json');
    const env = { S3_ACCESS_KEY_ID: 'an-id', S3_SECRET_ACCESS_KEY: 'a secret/with+signs' };
    const printed = spawnSync('sh', ['-c', printing ?? ''], { env, encoding: 'utf8' });
    expect(JSON.parse(printed.stdout)).toMatchObject({
      identities: [{ credentials: [{ accessKey: 'an-id', secretKey: 'a secret/with+signs' }] }],
    });
  });
});

const version = (): string => String(at(JSON.parse(readText('package.json')), 'version'));

describe('images', () => {
  test('are pinned to exact versions, our own to that of this repository', () => {
    const yaml = files.filter((file) => /\.ya?ml$/.test(file)).flatMap(readYaml);
    const images = yaml.flatMap((document) => fieldsNamed(document, 'image')).map(String);
    const bases = files
      .filter((file) => file.includes('Dockerfile'))
      .flatMap((file) => [...readText(file).matchAll(/^FROM (\S+:\S+)/gm)].map(([, image]) => image ?? ''));
    expect(bases).toHaveLength(3);
    for (const image of [...images, ...bases]) {
      // The names that kustomize replaces.
      if (image === 'parse3d' || image === 'parse3d-cuda') continue;
      expect(image).toMatch(/:v?\d+\.\d+(\.\d+)?[\w.-]*$/);
      if (image.startsWith('parse3d:')) expect(image).toMatch(new RegExp(`:${version()}-(cpu|cuda)$`));
    }
    const tags = yaml.flatMap((document) => fieldsNamed(document, 'newTag')).map(String);
    expect(new Set(tags)).toEqual(new Set([`${version()}-cpu`, `${version()}-cuda`]));
  });

  test.each(['cpu', 'cuda'])('of Dockerfile.%s copy what the build context holds, and run without root', (kind) => {
    const text = readText(`deploy/docker/Dockerfile.${kind}`);
    const ignore = readText('.dockerignore').split('\n');
    const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources]) =>
      (sources ?? '').split(' '),
    );
    expect(copied.length).toBeGreaterThan(10);
    for (const source of copied) {
      expect(existsSync(join(repository, source)), `${source} exists`).toBe(true);
      const parents = source.split('/').map((_part, index, parts) => parts.slice(0, index + 1).join('/'));
      expect(
        parents.some((parent) => ignore.includes(`!${parent}`)),
        `${source} is let in`,
      ).toBe(true);
    }
    expect(text).toMatch(/^USER \d+:\d+$/m);
    expect(text).toMatch(/^STOPSIGNAL SIGTERM$/m);
    expect(text).toMatch(/^HEALTHCHECK /m);
    // Every package of the workspace is in the image.
    const shared = ['async', 'contract', 'volume', 'storage', 'platform', 'control'].map((name) => `shared/${name}`);
    for (const workspace of [...shared, 'engine', 'services/api', 'services/worker', 'clients/typescript', 'cli']) {
      expect(text).toContain(`COPY ${workspace}/package.json ${workspace}/`);
      expect(text).toContain(`COPY --from=build /app/${workspace}/dist ${workspace}/dist`);
    }
  });

  test('are started by programs that exist', () => {
    const commands = [
      ...files.filter((file) => file.includes('Dockerfile')).map(readText),
      readText('deploy/compose/compose.yaml'),
      ...['api', 'worker'].map((name) => readText(`${KUBERNETES}/base/${name}.yaml`)),
    ].flatMap((text) =>
      [...text.matchAll(/node["', ]+((?:services|cli|deploy)\/[\w./-]+)/g)].map(([, path]) => path ?? ''),
    );
    expect(commands.length).toBeGreaterThan(5);
    for (const command of commands) {
      const source = command.replace('/dist/', '/src/').replace(/(src\/.*)\.js$/, '$1.ts');
      expect(existsSync(join(repository, source)), source).toBe(true);
    }
  });
});

test('compose’s bucket job makes the bucket, and does so again without complaint', async () => {
  const folder = await scratchFolder('bucket');
  const env = { PATH: process.env['PATH'], PARSE3D_STORAGE_ROOT: folder.path, PARSE3D_BUCKET: 'made-by-compose' };
  for (let round = 0; round < 2; round++) {
    const made = spawnSync('node', ['deploy/docker/create-bucket.mjs'], { cwd: repository, env, encoding: 'utf8' });
    expect(made).toMatchObject({ status: 0, stdout: 'bucket made-by-compose is there\n' });
  }
  expect(existsSync(join(folder.path, 'made-by-compose'))).toBe(true);
  await folder.remove();
});

describe('alerts', () => {
  test.each(alertRules())('$name sends who reads it to a section of the operations page', ({ runbook, summary }) => {
    const [page, anchor] = runbook.split('#');
    expect(page).toBe('docs/operations.md');
    const anchors = [...readText('docs/operations.md').matchAll(/^#+ (.+)$/gm)].map(([, title]) => slug(title ?? ''));
    expect(anchors).toContain(anchor);
    expect(summary.length).toBeGreaterThan(10);
  });

  test('and panels name problem codes that exist', () => {
    const codes = expressions().flatMap(({ expression }) => codesIn(expression));
    expect(codes).toContain('child-crashed');
    expect(codes.filter((code) => !isProblemCode(code))).toEqual([]);
  });
});

/** The anchor that Markdown viewers make of a heading. */
function slug(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-');
}
