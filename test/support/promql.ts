import { at, Node, readOneYaml, readText, readYaml } from './deploy-files.js';

/** Words of the language that look like names of metrics. */
const KEYWORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan', 'start', 'end']);

/** Names of the metrics that a PromQL expression reads, without the suffixes of histograms. */
export function metricsIn(expression: string): string[] {
  const bare = expression
    .replace(/"[^"]*"/g, '')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ')
    .replace(/\b(group_left|group_right|by|without|on|ignoring)\b/g, ' ');
  const names = [...bare.matchAll(/[a-zA-Z_:][\w:]*(?!\s*\(|[\w:])/g)].map(([name]) => name);
  // What is called is a function, not a metric.
  return names
    .filter((name) => !KEYWORDS.has(name.toLowerCase()))
    .map((name) => name.replace(/_(bucket|sum|count)$/, ''));
}

/** Every PromQL expression of deploy/: alerts, dashboard and autoscaler, with where it stands. */
export function expressions(): { where: string; expression: string }[] {
  const alerts = alertRules().map(({ name, expr }) => ({ where: `alert ${name}`, expression: expr }));
  const dashboard = Node.parse(JSON.parse(readText('deploy/grafana/parse3d.json')));
  const panels = list(dashboard['panels']).flatMap((panel) =>
    list(at(panel, 'targets')).map((target) => ({
      where: `panel ${String(at(panel, 'title'))}`,
      expression: String(at(target, 'expr')),
    })),
  );
  const scaler = readYaml('deploy/kubernetes/components/autoscaling/worker.yaml').flatMap((document) =>
    list(at(document, 'spec', 'triggers')).map((trigger) => ({
      where: `trigger ${String(at(trigger, 'name'))}`,
      expression: String(at(trigger, 'metadata', 'query')),
    })),
  );
  return [...alerts, ...panels, ...scaler];
}

export interface AlertRule {
  readonly name: string;
  readonly expr: string;
  readonly runbook: string;
  readonly summary: string;
}

export function alertRules(): AlertRule[] {
  return list(readOneYaml('deploy/prometheus/alerts.yaml')['groups']).flatMap((group) =>
    list(at(group, 'rules')).map((rule) => ({
      name: String(at(rule, 'alert')),
      expr: String(at(rule, 'expr')),
      runbook: String(at(rule, 'annotations', 'runbook_url')),
      summary: String(at(rule, 'annotations', 'summary')),
    })),
  );
}

/** Problem codes that expressions select by the label `code`. */
export function codesIn(expression: string): string[] {
  return [...expression.matchAll(/\bcode=~?"([^"]*)"/g)].flatMap(([, codes]) => (codes ?? '').split('|'));
}

/** The names in Prometheus' text format, without the suffixes of histograms. */
export function exportedNames(exposition: string): Set<string> {
  return new Set([...exposition.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name ?? ''));
}

/** The value of one series, or undefined. Labels in the order in which they are printed. */
export function sample(exposition: string, series: string): number | undefined {
  const line = exposition.split('\n').find((text) => text.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
