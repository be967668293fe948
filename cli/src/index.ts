export { exitCodeOf, exitCodes, type ExitCode } from './exit-codes.js';
export { createProgram } from './program.js';
