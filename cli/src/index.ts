export { exitCodeOf, exitCodes, type ExitCode } from './errors/exit-codes.js';
export { createProgram } from './program.js';
