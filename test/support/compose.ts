import { at, Node, readEnvFile, readOneYaml, readText } from './deploy-files.js';

const COMPOSE = 'deploy/compose/compose.yaml';
const VARIABLE = /(?<!\$)\$\{([A-Z0-9_]+)(?::([-?])([^}]*))?\}/g;

/** The variables that compose.yaml takes from `.env`. */
export function composeVariables(): string[] {
  return [...new Set([...readText(COMPOSE).matchAll(VARIABLE)].map(([, name]) => name ?? ''))].sort();
}

/** The services of compose.yaml with variables filled in from `.env.example`, whose empty secrets get a value. */
export function composeServices(): Record<string, Node> {
  const example = readEnvFile('deploy/compose/.env.example');
  const fill = (text: string): string =>
    text.replace(VARIABLE, (_whole, name: string, kind: string | undefined, rest: string | undefined) => {
      const value = example[name] ?? '';
      return value !== '' ? value : kind === '-' ? (rest ?? '') : 'filled-in';
    });
  const filled = (value: unknown): unknown => {
    if (typeof value === 'string') return fill(value);
    if (Array.isArray(value)) return value.map(filled);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filled(inner)]));
  };
  const services = Node.parse(filled(readOneYaml(COMPOSE)['services']));
  return Object.fromEntries(Object.entries(services).map(([name, service]) => [name, Node.parse(service)]));
}

/** The environment of a service. */
export function composeEnv(service: Node): Record<string, string> {
  const environment = Node.parse(at(service, 'environment') ?? {});
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, String(value)]));
}
