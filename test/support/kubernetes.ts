import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { at, Node, readEnvFile, readOneYaml, readYaml, repository } from './deploy-files.js';
import { list } from './promql.js';

export const KUBERNETES = 'deploy/kubernetes';
export const OVERLAYS = ['cpu', 'gpu'] as const;

/** What a kustomization reaches: its files, relative to the repository, and those that it names but that do not exist. */
export function reach(folder: string): { files: string[]; missing: string[] } {
  const path = join(folder, 'kustomization.yaml');
  if (!existsSync(join(repository, path))) return { files: [], missing: [path] };
  const node = readOneYaml(path);
  const named = [
    ...list(node['resources']),
    ...list(node['components']),
    ...list(node['patches']).flatMap((patch) => at(patch, 'path') ?? []),
    ...list(node['configMapGenerator']).flatMap((generator) => list(at(generator, 'envs'))),
  ].map((name) => join(folder, String(name)));
  const found = { files: [path], missing: [] as string[] };
  for (const target of named) {
    if (/\.(ya?ml|env)$/.test(target)) {
      (existsSync(join(repository, target)) ? found.files : found.missing).push(target);
      continue;
    }
    const below = reach(target);
    found.files.push(...below.files);
    found.missing.push(...below.missing);
  }
  return found;
}

export interface Workload {
  readonly name: string;
  readonly spec: Node;
  readonly container: Node;
  /** Everything that the container gets from the environment, secrets as they stand in the example. */
  readonly env: Record<string, string>;
}

/** api and worker as the base describes them, with the worker's patch of the overlay for GPUs where it is asked for. */
export function workload(name: 'api' | 'worker', overlay: (typeof OVERLAYS)[number] = 'cpu'): Workload {
  const deployment = kindOf(`${KUBERNETES}/base/${name}.yaml`, 'Deployment');
  const patch = name === 'worker' && overlay === 'gpu' ? readOneYaml(`${KUBERNETES}/overlays/gpu/worker.yaml`) : {};
  const spec = Node.parse(at(deployment, 'spec', 'template', 'spec'));
  const container = Node.parse(at(spec, 'containers', 0));
  const patched = Node.parse(at(patch, 'spec', 'template', 'spec', 'containers', 0) ?? {});
  const secrets = readYaml(`${KUBERNETES}/secret.example.yaml`).find(
    (secret) => at(secret, 'metadata', 'name') === 'parse3d-secrets',
  );
  return {
    name,
    spec,
    container: { ...container, ...patched },
    env: {
      ...readEnvFile(`${KUBERNETES}/base/config.env`),
      ...textFields(at(secrets, 'stringData')),
      ...envOf(container),
      ...envOf(patched),
    },
  };
}

/** The literal variables of a container. */
function envOf(container: unknown): Record<string, string> {
  return Object.fromEntries(
    list(at(container, 'env')).map((entry) => [String(at(entry, 'name')), String(at(entry, 'value'))]),
  );
}

function kindOf(path: string, kind: string): Node {
  const found = readYaml(path).find((document) => document['kind'] === kind);
  if (found === undefined) throw new Error(`${path} holds no ${kind}`);
  return found;
}

/** The paths that probes of a container ask for, with the port's number. */
export function probes(container: Node): { probe: string; path: string; port: number }[] {
  const ports = list(container['ports']);
  return ['startupProbe', 'livenessProbe', 'readinessProbe'].flatMap((probe) => {
    const get = at(container, probe, 'httpGet');
    if (get === undefined) return [];
    const port = ports.find((candidate) => at(candidate, 'name') === at(get, 'port'));
    return [{ probe, path: String(at(get, 'path')), port: Number(at(port, 'containerPort')) }];
  });
}

function textFields(node: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(Node.parse(node)).map(([name, value]) => [name, String(value)]));
}
