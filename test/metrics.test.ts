import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assertNothingLeaks, eventually } from '@parse3d/testing';
import { badVolumes } from './support/bad-volumes.js';
import { composeEnv, composeServices } from './support/compose.js';
import { at, fieldsNamed, readOneYaml, readText, readYaml } from './support/deploy-files.js';
import { probes, workload } from './support/kubernetes.js';
import { exportedNames, expressions, list, metricsIn, sample } from './support/promql.js';
import { startStack, type Stack } from './support/stack.js';
import { phantomCtFile } from './support/volumes.js';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ workers: 0 });
});
afterAll(async () => {
  await stack.stop();
  await assertNothingLeaks();
});

const scrape = async (port: unknown): Promise<string> =>
  (await fetch(`http://127.0.0.1:${String(port)}/metrics`)).text();
const ofApi = (): Promise<string> => scrape(stack.apiService.hello['metricsPort']);
const ofWorker = (): Promise<string> => scrape(stack.workers[0]?.hello['metricsPort']);

test('jobs that wait are seen with the age of the oldest, also when there is no worker', async () => {
  const uri = await stack.api.upload(await phantomCtFile());
  const [first, second] = [
    await stack.api.submit({ input: { uri }, prompts: ['bone'] }),
    await stack.api.submit({ input: { uri }, prompts: ['lung'] }),
  ];
  await eventually(async () => sample(await ofApi(), 'parse3d_queue_jobs{state="waiting"}') === 2, {
    what: 'both jobs to be handed over',
  });
  const before = await ofApi();
  expect(sample(before, 'parse3d_oldest_waiting_age_seconds{lane="interactive"}')).toBeGreaterThan(0);
  expect(sample(before, 'parse3d_oldest_waiting_age_seconds{lane="batch"}')).toBe(0);
  expect(sample(before, 'parse3d_feeder_lag_seconds_count{lane="interactive"}')).toBe(2);
  expect(sample(before, 'parse3d_worker_slots')).toBe(0);
  expect(sample(before, 'parse3d_feeder_leading')).toBe(1);
  expect(sample(before, 'parse3d_reconciliations_total')).toBeGreaterThan(0);

  await stack.api.send('DELETE', `/v1/jobs/${second.id}`);
  const after = await ofApi();
  expect(sample(after, 'parse3d_queue_jobs{state="waiting"}')).toBe(1);
  expect(sample(after, 'parse3d_jobs_total{status="canceled",code="none"}')).toBe(1);

  await stack.startWorker();
  expect((await stack.api.ended(first.id)).status).toBe('completed');
});

test('ends of jobs are counted by status and problem code, loading a model and every stage by their time', async () => {
  const bad = (await badVolumes()).find(({ seenInHeader }) => !seenInHeader);
  if (bad === undefined) throw new Error('no bad volume that the api lets through');
  const uri = await stack.api.upload(bad.bytes);
  const job = await stack.api.submit({ input: { uri }, prompts: ['bone'] });
  expect((await stack.api.ended(job.id)).problem?.code).toBe(bad.code);

  const worker = await ofWorker();
  expect(sample(worker, 'parse3d_jobs_total{status="completed",code="none"}')).toBe(1);
  expect(sample(worker, `parse3d_jobs_total{status="failed",code="${bad.code}"}`)).toBe(1);
  expect(sample(worker, 'parse3d_jobs_total{status="failed",code="child-crashed"}')).toBe(0);
  expect(sample(worker, 'parse3d_attempts_total{outcome="failed"}')).toBe(1);
  expect(sample(worker, 'parse3d_model_load_seconds_count{pack="ct-tissue"}')).toBe(1);
  expect(sample(worker, 'parse3d_stage_seconds_count{stage="infer"}')).toBe(1);
  expect(sample(worker, 'parse3d_child_memory_limit_bytes')).toBe(16 * 1024 ** 3);
  await eventually(async () => sample(await ofApi(), 'parse3d_worker_slots') === 1, { what: 'the worker to be seen' });
});

describe('what deploy/ builds on is there:', () => {
  test('every metric of alerts, dashboard and autoscaler', async () => {
    const exported = exportedNames(`${await ofApi()}\n${await ofWorker()}`);
    const read = expressions().map(({ where, expression }) => ({ where, names: metricsIn(expression) }));
    expect(read.filter(({ names }) => names.length === 0)).toEqual([]);
    const unknown = read.flatMap(({ where, names }) =>
      names.filter((name) => !exported.has(name)).map((name) => `${where}: ${name}`),
    );
    expect(unknown).toEqual([]);
    // The states that the autoscaler sums up.
    for (const state of ['waiting', 'delayed', 'active'])
      expect(sample(await ofApi(), `parse3d_queue_jobs{state="${state}"}`)).toBe(0);
  });

  test('every metric of ours is explained on the operations page', async () => {
    const ours = [...exportedNames(`${await ofApi()}\n${await ofWorker()}`)].filter((name) =>
      name.startsWith('parse3d_'),
    );
    const page = readText('docs/operations.md');
    expect(ours.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  test('every route that a probe or a scraper asks, on the port of its own service', async () => {
    const ports = new Map([
      [8080, new URL(stack.api.url).port],
      [9464, String(stack.apiService.hello['metricsPort'])],
      [9465, String(stack.workers[0]?.hello['metricsPort'])],
    ]);
    const asked = [
      ...probes(workload('api').container),
      ...probes(workload('worker').container),
      ...['cpu', 'cuda'].map((kind) => urlIn(readText(`deploy/docker/Dockerfile.${kind}`))),
      ...Object.values(composeServices()).flatMap((service) => {
        const url = composeEnv(service)['HEALTH_URL'];
        return url === undefined ? [] : [urlIn(url)];
      }),
      ...list(readOneYaml('deploy/prometheus/prometheus.yaml')['scrape_configs']).map((config) => ({
        path: '/metrics',
        port: Number(at(config, 'dns_sd_configs', 0, 'port')),
      })),
      ...['api', 'worker'].map((name, index) => ({
        path: String(monitorPaths()[index]),
        port: Number(
          at(list(workload(name === 'api' ? 'api' : 'worker').container['ports']).find(isMetrics), 'containerPort'),
        ),
      })),
    ];
    expect(asked.length).toBeGreaterThan(12);
    for (const { path, port } of asked) {
      const answer = await fetch(`http://127.0.0.1:${ports.get(port)}${path}`);
      expect(answer.status, `${path} on ${port}`).toBe(200);
      await answer.body?.cancel();
    }
  });
});

test('while Redis is away the queue’s gauges show nothing instead of old values', async () => {
  await stack.redis.kill();
  await eventually(
    async () => {
      const text = await ofApi();
      return (
        !/^parse3d_(queue_jobs|pending_jobs|oldest_waiting_age_seconds|worker_slots|open_batches)\b/m.test(text) &&
        text.includes('# TYPE parse3d_queue_jobs')
      );
    },
    { what: 'the gauges to be empty', timeoutMs: 20_000 },
  );
  await stack.redis.restart();
  await eventually(async () => sample(await ofApi(), 'parse3d_open_batches') === 0, { what: 'the gauges to be back' });
});

function urlIn(text: string): { path: string; port: number } {
  const url = new URL(/http:\/\/127\.0\.0\.1:\d+\/\w+/.exec(text)?.[0] ?? '');
  return { path: url.pathname, port: Number(url.port) };
}

const isMetrics = (port: unknown): boolean => at(port, 'name') === 'metrics';

const monitorPaths = (): unknown[] =>
  readYaml('deploy/kubernetes/components/monitoring/pod-monitors.yaml').flatMap((monitor) =>
    fieldsNamed(monitor, 'podMetricsEndpoints').flatMap((endpoints) => at(endpoints, 0, 'path') ?? []),
  );
