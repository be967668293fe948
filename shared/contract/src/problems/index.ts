export { isProblemCode, problemCodes, problemKinds, type ProblemCode, type ProblemKind } from './codes.js';
export { isProblem, Problem, shortageOf, type ProblemFields, type ProblemJson } from './problem.js';
