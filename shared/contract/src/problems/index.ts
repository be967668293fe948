export { isProblemCode, problemCodes, problemKinds, type ProblemCode, type ProblemKind } from './codes.js';
export { isProblem, Problem, type ProblemFields, type ProblemJson } from './problem.js';
