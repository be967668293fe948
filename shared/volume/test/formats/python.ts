import * as python from '../../../../test/support/python.js';

export { PYTHON } from '../../../../test/support/python.js';

/** Tests that compare with nibabel. */
export function describeWithNibabel(name: string, body: () => void): void {
  python.describeWithPython(['nibabel', 'numpy'], name, body);
}

/** Runs the text of a script with JSON arguments and returns the JSON that it prints. Its warnings are not shown. */
export function runPython(script: string, args: unknown): unknown {
  return python.runPython(['-c', script], args);
}
